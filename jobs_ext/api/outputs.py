"""Outputs: the files of a job, listed, downloaded, added and removed."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from tornado import web

from ..model import media
from ..model.job import Output, Page
from ..service.uploads import Draft
from .decode import decode_query
from .handler import JobsHandler
from .operation import Operation, authorized, describes, operation
from .receiving import LARGEST, Receiver
from .sending import FileHandler

RESOURCE = "jobs_ext:outputs"
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
class OutputHandler(FileHandler):
    """``jobs/{id}/outputs/{name}``."""

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
        find = self.service.outputs.find
        await self.send_output(await self.call(find, self.who, job, name, query.attempt))
