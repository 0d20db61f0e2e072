"""Multipart forms that are read while they come: large files go to disk, the rest stays here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import Struct
from tornado import httputil

from ..model.errors import InvalidRequest, JobsError, TooLarge
from ..service.uploads import Draft, Upload
from . import decode
from .operation import authorized
from .receiving import LARGEST, PatientHandler, Receiver

if TYPE_CHECKING:
    from collections.abc import Callable

    from .backend import Backend

_LONGEST_HEAD = 10_000  # bytes of the header lines of one part
_SMALL = 1 << 20  # bytes: a file that is no longer stays in memory
_MOST_HELD = 64 << 20  # bytes of all such files; then those, too, go to disk


class Head(Struct, frozen=True):
    """What stands above a part."""

    name: str
    filename: str | None  # None: it is a field, no file
    media_type: str


class End(Struct, frozen=True):
    """A part is whole."""


class Splitter:
    """Splits a form at its boundary; what goes in and comes out is as long as the pieces sent."""

    def __init__(self, boundary: bytes) -> None:
        self._mark = b"\r\n--" + boundary
        self._buffer = b"\r\n"  # the first boundary may be the very beginning
        self._inside: bool | None = None  # a part's content; None: before the first boundary
        self.whole = False  # the last boundary was there

    def feed(self, data: bytes) -> Iterator[Head | bytes | End]:
        """Yield what a piece of the form brings: heads, pieces of content, ends of parts.

        Raises `InvalidRequest` for what is no form.
        """
        self._buffer += data
        while not self.whole:
            if self._inside is False:
                head = self._head()
                if head is None:
                    return
                yield head
                continue
            content, found = self._until_mark()
            if self._inside and content:
                yield content
            if not found or not self._take_mark():
                return
            if self._inside:
                yield End()
            self._inside = False

    def _until_mark(self) -> tuple[bytes, bool]:
        """Return what stands before the next boundary, as far as that is sure, and if it is one."""
        at = self._buffer.find(self._mark)
        found = 0 <= at <= len(self._buffer) - len(self._mark) - 2
        if not found and at < 0:
            at = max(0, len(self._buffer) - len(self._mark))
        content, self._buffer = self._buffer[:at], self._buffer[at:]
        return content, found

    def _take_mark(self) -> bool:
        behind = self._buffer[len(self._mark) : len(self._mark) + 2]
        if behind == b"--":
            self.whole = True
            self._buffer = b""
        elif behind == b"\r\n":
            self._buffer = self._buffer[len(self._mark) :]
        else:
            raise _broken("a boundary is followed by something else")
        return True

    def _head(self) -> Head | None:
        """Return the head of a part, None while some of it is to come."""
        while self._buffer.startswith(self._mark):  # a part that has not even a head
            if len(self._buffer) < len(self._mark) + 2:
                return None
            self._take_mark()
            if self.whole:
                return None
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or len(self._buffer) < len(self._mark):
            if len(self._buffer) > _LONGEST_HEAD:
                raise _broken("the head of a part is too long")
            return None
        head, self._buffer = self._buffer[2:end], self._buffer[end + 4 :]
        self._inside = True
        return _read_head(head)


def _read_head(head: bytes) -> Head:
    """Read the head as tornado reads that of a form that is all there."""
    fields: dict[str, list[bytes]] = {}
    files: dict[str, list[httputil.HTTPFile]] = {}
    try:
        alone = b"--x\r\n%b\r\n\r\n--x--" % head
        httputil.parse_multipart_form_data(b"x", alone, fields, files)
    except (httputil.HTTPInputError, UnicodeDecodeError) as error:
        raise _broken(str(error)) from None
    for name, (file,) in files.items():
        return Head(name, file.filename, file.content_type)
    for name in fields:
        return Head(name, None, "")
    raise _broken("a part has no name")


def _broken(why: str) -> InvalidRequest:
    return InvalidRequest(f"The multipart form can't be read: {why}.", field="body")


class Form(Struct, frozen=True):
    """A form that is all there: its fields and files, each in the order sent."""

    fields: list[tuple[str, bytes]]
    files: list[tuple[str, Upload]]


class FormReceiver:
    """Takes the pieces of a form; what goes wrong is kept until somebody asks for the form.

    The rest of such a form is taken and thrown away, as `Receiver` does.
    """

    def __init__(self, backend: Backend, begin: Callable[[], Draft], boundary: bytes) -> None:
        """Take what begins the draft of a large file, and the mark between the parts."""
        self._backend = backend
        self._begin_draft = begin
        self._splitter = Splitter(boundary)
        self._form = Form([], [])
        self._head: Head | None = None
        self._gathered = bytearray()
        self._receiver: Receiver | None = None  # of a file that goes to disk
        self._drafts: list[Draft] = []  # of those that are there
        self._held = 0  # bytes of the files in memory
        self._fields = 0  # bytes of the fields that are there
        self._trouble: JobsError | None = None
        self._dropped = False

    async def take(self, piece: bytes) -> None:
        """Take a piece; the client sends no more before this returns."""
        if self._trouble is not None:
            return
        try:
            for one in self._splitter.feed(piece):
                if self._dropped:  # the client has left
                    return
                await self._take(one)
        except JobsError as error:
            self._trouble = error
            self.drop()

    async def form(self) -> Form:
        """Return all of the form; raises what went wrong with it."""
        if self._trouble is not None:
            raise self._trouble.with_traceback(None)
        if not self._splitter.whole:
            raise _broken("it ends too early")
        return self._form

    def drop(self) -> None:
        """Remove what was written, unless it has become a part; may be called at any time."""
        self._dropped = True
        if self._receiver is not None:
            self._receiver.drop()
        for draft in self._drafts:
            draft.drop()

    async def _take(self, one: Head | bytes | End) -> None:
        match one:
            case Head():
                self._begin(one)
            case End():
                await self._end()
            case _ if self._receiver is not None:
                await self._receiver.take(one)
            case _:
                self._gathered += one
                await self._make_room()

    def _begin(self, head: Head) -> None:
        if len(self._form.files) + len(self._form.fields) >= decode.MOST_PARTS:
            raise TooLarge(f"A form may have {decode.MOST_PARTS:,} parts.", field="body")
        self._head, self._gathered, self._receiver = head, bytearray(), None

    async def _make_room(self) -> None:
        assert self._head is not None, "content has a head"
        size = len(self._gathered)
        if self._head.filename is None or self._head.name == "request":
            if self._fields + size > decode.JSON_LIMIT:
                raise TooLarge(
                    f"The fields of a form may have {decode.JSON_LIMIT:,} bytes.",
                    field=self._head.name,
                    hint="Send large values as files.",
                )
        elif size > _SMALL or self._held + size > _MOST_HELD:
            self._receiver = Receiver(self._backend, await self._backend.call(self._begin_draft))
            if self._dropped:  # the client left meanwhile
                self._receiver.drop()
            await self._receiver.take(bytes(self._gathered))
            self._gathered = bytearray()

    async def _end(self) -> None:
        head, content = self._head, bytes(self._gathered)
        assert head is not None, "an end has a head"
        if head.filename is None:
            self._fields += len(content)
            self._form.fields.append((head.name, content))
            return
        if self._receiver is None:
            self._held += len(content)
            upload = Upload(head.filename, head.media_type, content)
        else:
            draft = await self._receiver.draft()
            self._drafts.append(draft)
            sha256 = await self._backend.call_to_write(draft.finish)
            upload = Upload(head.filename, head.media_type, draft.path, sha256)
        self._form.files.append((head.name, upload))


class FormHandler(PatientHandler):
    """Base of handlers whose POST takes a request, alone or with files beside it."""

    resource: ClassVar[str]  # that the authorizer is asked about before any file is taken

    _receiving: FormReceiver | None = None

    async def admit(self, **options: bool) -> None:
        """Find out, before files are taken, whether they may be."""
        self._body = bytearray()
        await super().admit(**options)
        if self.request.method != "POST" or self._finished:
            return
        connection: Any = self.request.connection
        connection.set_max_body_size(LARGEST)  # what is too much is thrown away, then refused
        if decode.media_type(self.request) == decode.MULTIPART:
            await authorized("execute", resource=self.resource)(_nothing)(self)
            self.who.require("submit", "run")
            boundary = decode.boundary(self.request)
            self._receiving = FormReceiver(
                self.backend, partial(self.service.draft, self.who), boundary
            )

    async def data_received(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        if self._receiving is not None:
            await self._receiving.take(chunk)
        elif len(self._body) <= decode.JSON_LIMIT:
            self._body += chunk

    async def form(self) -> Form | None:
        """Return the form that was sent; None for a body that is none, which is there then."""
        if self._receiving is not None:
            return await self._receiving.form()
        self.request.body = bytes(self._body)
        return None

    def on_connection_close(self) -> None:
        """Forget what was sent of a form that will never be whole."""
        self.on_finish()

    def on_finish(self) -> None:
        """Leave nothing of files that were refused."""
        if self._receiving is not None:
            self._receiving.drop()


async def _nothing(_: FormHandler) -> None:
    """Do nothing, for those who may do something."""
