"""Outputs: the files of a job, listed, downloaded, added and removed.

A file that a job wrote must never run as a page of the Jupyter server: it is always sent as an
attachment, under a policy that puts it into a sandbox.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from msgspec import Struct
from tornado import web
from tornado.iostream import StreamClosedError

from ..model import media
from ..model.errors import NotFound
from ..model.job import Output, Page
from ..service.files import open_regular
from ..service.uploads import Draft
from .decode import decode_query
from .handler import JobsHandler
from .operation import Operation, authorized, describes, operation
from .ranges import read_range
from .receiving import LARGEST, Receiver

RESOURCE = "jobs_ext:outputs"
_BLOCK = 2**20  # bytes read and sent at a time
_FILE = "application/octet-stream"


class OutputQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which attempt's output is meant."""

    attempt: int | None = None  # None: the latest


class OutputsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of which attempt's outputs."""

    attempt: int | None = None  # None: the latest
    limit: int = 100  # 1 to 500
    cursor: str | None = None  # `next` of the page before


class OutputsHandler(JobsHandler):
    """``jobs/{id}/outputs``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List the outputs of a job", response=Page[Output], query=OutputsQuery)
    async def get(self, job: str, query: OutputsQuery) -> Page[Output]:
        """Return one page, by name, of what the job has written."""
        listing = self.service.outputs.list
        return await self.call(listing, self.who, job, query.attempt, query.limit, query.cursor)


@web.stream_request_body
class OutputHandler(JobsHandler):
    """``jobs/{id}/outputs/{name}``."""

    _size: int | None = None
    _receiver: Receiver | None = None

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        r"""Return a name as it is listed: ``\xff`` for a byte that is no UTF-8."""
        return value.decode("utf-8", "backslashreplace")

    async def prepare(self, **options: bool) -> None:
        """Before a file is sent, find out whether it may be."""
        await super().prepare(**options)
        if self.request.method != "PUT" or self._finished:
            return
        await self._may_write()
        job, name = self.path_args
        await self.call(self.service.given.check, self.who, job, name)
        connection: Any = self.request.connection
        connection.set_max_body_size(LARGEST)
        self._receiver = Receiver(self.backend, await self.call(Draft, self.service.paths))

    async def data_received(self, chunk: bytes) -> None:
        """Write a piece of the file that is sent."""
        if self._receiver is not None:
            await self._receiver.take(chunk)

    def on_connection_close(self) -> None:
        """Forget what was sent of a file that will never be whole."""
        self.on_finish()

    def on_finish(self) -> None:
        """Leave nothing of a file that was refused."""
        if self._receiver is not None:
            self._receiver.drop()

    @authorized("write", resource=RESOURCE)
    async def _may_write(self, *_: str) -> None:
        """Raise unless the caller may write outputs."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @describes(Operation("Add or replace an output", response=Output, status=201, raw=True))
    async def put(self, job: str, name: str) -> None:
        """Keep the body as an output; its type is the header's, else what the name's end says.

        The answer is 201 for a new one, 200 for one that was replaced.
        """
        assert self._receiver is not None, "made by `prepare`"
        draft = await self._receiver.draft()
        kind = self.request.headers.get("Content-Type") or media.guess(name)
        add = self.service.given.add
        output, new = await self.call(add, self.who, job, name, kind, draft)
        self.answer(output, 201 if new else 200)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Delete an output", status=204)
    async def delete(self, job: str, name: str) -> None:
        """Take the output off the list, and remove its file if it is the job's own."""
        await self.call(self.service.given.delete, self.who, job, name)

    @property
    def content_security_policy(self) -> str:
        """Nothing in the file may run, and nothing be loaded by it, whatever is configured."""
        return "sandbox; default-src 'none'; frame-ancestors 'none'"

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @describes(Operation("Download an output", media_type=_FILE, query=OutputQuery))
    async def get(self, job: str, name: str) -> None:
        """Send the file or the range of it that is asked for."""
        await self._send(job, name)

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @describes(Operation("Look at an output's size and type", media_type=_FILE, query=OutputQuery))
    async def head(self, job: str, name: str) -> None:
        """Send the headers of the file alone."""
        await self._send(job, name)

    async def _send(self, job: str, name: str) -> None:
        query = decode_query(self.request, OutputQuery)
        output = await self.call(self.service.outputs.find, self.who, job, name, query.attempt)
        with await self.call(_open, output) as file:
            self._size = os.fstat(file.fileno()).st_size
            self._describe(output, _etag(output, os.fstat(file.fileno())))
            if self.check_etag_header():
                self.set_status(304)
            else:
                await self._send_range(file)
        await self.finish(set_content_type=output.media_type)

    def _describe(self, output: Output, etag: str) -> None:
        self.set_header("Content-Security-Policy", self.content_security_policy)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Disposition", disposition(output.name))
        self.set_header("Content-Type", output.media_type)
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Etag", etag)

    async def _send_range(self, file: BinaryIO) -> None:
        size = self._size or 0
        condition = self.request.headers.get("If-Range")
        same = condition is None or condition == self._headers["Etag"]
        span = read_range(self.request.headers.get("Range"), size) if same else None
        start, stop = span or (0, size)
        if span:
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        self.set_header("Content-Length", str(stop - start))
        if self.request.method != "HEAD":
            await self._send_bytes(file, start, stop)

    async def _send_bytes(self, file: BinaryIO, start: int, stop: int) -> None:
        """Send block by block, each when the client has taken the one before."""
        file.seek(start)
        while start < stop:
            block = await self.call(file.read, min(_BLOCK, stop - start))
            if not block:  # the file has been cut since: the client sees a broken download
                return
            start += len(block)
            self.write(block)
            try:
                await self.flush()
            except StreamClosedError:
                return

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say how long the file is when a range does not fit."""
        if status_code == 416:
            self.set_header("Content-Range", f"bytes */{self._size}")
        super().write_error(status_code, **kwargs)


def _open(output: Output) -> BinaryIO:
    try:
        return open_regular(Path(output.path or ""))
    except OSError:
        raise NotFound(
            f"The output {output.name!r} has vanished.", field="name", value=output.name
        ) from None


def _etag(output: Output, now: os.stat_result) -> str:
    """Return the hash where it is known and can still be true, else one of size and time."""
    if output.sha256 and output.size == now.st_size:
        return f'"{output.sha256}"'
    return f'"{now.st_mtime_ns:x}-{now.st_size:x}"'


def disposition(name: str) -> str:
    """Return a Content-Disposition (RFC 6266) that saves under the last part of `name`."""
    last = name.rsplit("/", 1)[-1]
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in last)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(last, safe='')}"
