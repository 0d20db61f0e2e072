"""Bodies that are files, written to disk as they come: a large one takes no memory."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tornado import web

from ..model.errors import JobsError
from ..service.uploads import Draft
from .handler import JobsHandler

if TYPE_CHECKING:
    from ..service.quota import Room
    from .backend import Backend

LARGEST = 1 << 50  # bytes: the disk decides
_BLOCK = 1 << 20  # bytes gathered before they are written


class PatientHandler(JobsHandler):
    """Base of handlers that read bodies while they come, and refuse only when all of it has come.

    What is answered earlier closes the connection, and many clients never get to see it.
    Subclasses are decorated with `web.stream_request_body`.
    """

    let = False  # whether the body is read, to be used or to be thrown away
    refused = False  # whether it is thrown away
    gone = False  # the client has left: nobody waits for an answer

    async def prepare(self, **options: bool) -> None:
        """Let the request in, or keep the refusal until its body has come."""
        try:
            await self.admit(**options)
        except (web.HTTPError, JobsError) as error:
            method = (self.request.method or "").lower()
            if self._finished or not hasattr(self, method):
                raise
            setattr(self, method, partial(_raise, error))
            self.refused = True
        self.let = True

    async def admit(self, **options: bool) -> None:
        """Find out who asks; raise unless the body may come."""
        await super().prepare(**options)


async def _raise(error: Exception, *_: str) -> None:
    raise error


class ReceivingHandler(PatientHandler):
    """Base of handlers whose PUT takes a file: it goes to disk while it comes."""

    _receiver: Receiver | None = None

    raw: str | None = None  # of a name in the path that is not UTF-8: its bytes, percent-encoded

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        r"""Return a name as it is listed: ``\xff`` for a byte that is no UTF-8."""
        text = value.decode("utf-8", "backslashreplace")
        if name is None and text.encode() != value:
            self.raw = quote(value)
        return text

    async def receive(self, room: Room | None) -> None:
        """Begin to take the body; called by `admit` once it is known that it may be sent.

        It may take the `room` of its owner.
        """
        connection: Any = self.request.connection
        connection.set_max_body_size(LARGEST)
        self._receiver = Receiver(self.backend, await self.call(Draft, self.service.paths, room))
        if self.gone:
            self._receiver.drop()

    async def received(self) -> Draft:
        """Return all of the body; raises what went wrong with it."""
        assert self._receiver is not None, "made by `receive`"
        return await self._receiver.draft()

    async def data_received(self, chunk: bytes) -> None:
        """Write a piece of the file that is sent."""
        if self._receiver is not None:
            await self._receiver.take(chunk)

    def on_connection_close(self) -> None:
        """Forget what was sent of a file that will never be whole."""
        self.gone = True
        self.on_finish()

    def on_finish(self) -> None:
        """Leave nothing of a file that was refused."""
        if self._receiver is not None:
            self._receiver.drop()


class Receiver:
    """Takes the pieces of a body; what goes wrong is kept until somebody asks for the draft.

    The rest of such a body is taken and thrown away: many clients listen only when they have sent
    everything.
    """

    def __init__(self, backend: Backend, draft: Draft) -> None:
        self._backend = backend
        self._draft = draft
        self._gathered = bytearray()
        self._trouble: JobsError | None = None
        self._writing = False
        self._unwanted = False

    async def take(self, piece: bytes) -> None:
        """Take a piece; the client sends no more before this returns."""
        if self._trouble is None:
            self._gathered += piece
            if len(self._gathered) >= _BLOCK:
                await self._write()

    async def draft(self) -> Draft:
        """Return the draft with all of the body; raises what went wrong with it."""
        await self._write()
        if self._trouble is not None:
            raise self._trouble.with_traceback(None)
        return self._draft

    async def _write(self) -> None:
        block, self._gathered = bytes(self._gathered), bytearray()
        if not block or self._unwanted:
            return
        self._writing = True
        try:
            await self._backend.call_to_write(self._draft.write, block)
        except JobsError as error:
            self._trouble, self._unwanted = error, True
        self._writing = False
        if self._unwanted:
            self._draft.drop()

    def drop(self) -> None:
        """Remove the draft, unless it has become an output; may be called at any time."""
        self._unwanted = True
        if not self._writing:
            self._draft.drop()
