"""Outputs: the files of a job, listed, downloaded, added and removed."""

from __future__ import annotations

from functools import partial

from msgspec import Struct
from msgspec.structs import asdict
from tornado import web

from ..model import media
from ..model.job import Output, Page
from .decode import decode_query
from .handler import JobsHandler
from .operation import Operation, authorized, describes, operation
from .receiving import ReceivingHandler
from .sending import FileHandler

RESOURCE = "jobs_ext:outputs"
_FILE = "application/octet-stream"


class OutputQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which attempt's output is meant."""

    attempt: int | None = None  # None: the latest
    so_far: bool = False  # also a file that an attempt under way has written


class OutputsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of which attempt's outputs."""

    attempt: int | None = None  # None: the latest
    limit: int = 100  # 1 to 500
    cursor: str | None = None  # `next` of the page before
    so_far: bool = False  # with the files that an attempt under way has written
    filter: str | None = None  # an expression: media_type = "text/csv" and size > 0


class OutputsHandler(JobsHandler):
    """``jobs/{id}/outputs``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List the outputs of a job", response=Page[Output], query=OutputsQuery)
    async def get(self, job: str, query: OutputsQuery) -> Page[Output]:
        """Return one page, by name, of what the job has written."""
        listing = partial(self.service.outputs.list, **asdict(query))
        return await self.call(listing, self.who, job)


@web.stream_request_body
class OutputHandler(FileHandler, ReceivingHandler):
    """``jobs/{id}/outputs/{name}``."""

    async def admit(self, **options: bool) -> None:
        """Before a file is sent, find out whether it may be."""
        await super().admit(**options)
        if self.request.method != "PUT" or self._finished:
            return
        await self._may_write()
        job, name = self.path_args
        await self.receive(await self.call(self.service.given.check, self.who, job, name))

    @authorized("write", resource=RESOURCE)
    async def _may_write(self, *_: str) -> None:
        """Raise unless the caller may write outputs."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @describes(
        Operation("Add or replace an output", response=Output, status=201, again=200, raw=True)
    )
    async def put(self, job: str, name: str) -> None:
        """Keep the body as an output; its type is the header's, else what the name's end says.

        The answer is 201 for a new one, 200 for one that was replaced.
        """
        draft = await self.received()
        kind = self.request.headers.get("Content-Type") or media.guess(name)
        add = self.service.given.add
        output, new = await self.call(add, self.who, job, name, kind, draft, raw=self.raw)
        self.answer(output, 201 if new else 200)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Delete an output", status=204)
    async def delete(self, job: str, name: str) -> None:
        """Take the output off the list, and remove its file if it is the job's own."""
        await self.call(self.service.given.delete, self.who, job, name)

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @describes(
        Operation("Download an output, or its headers alone", media_type=_FILE, query=OutputQuery)
    )
    async def get(self, job: str, name: str) -> None:
        """Send the file or the range of it that is asked for; for a HEAD the headers alone."""
        query = decode_query(self.request, OutputQuery)
        find = partial(self.service.outputs.find, so_far=query.so_far)
        await self.send_output(await self.call(find, self.who, job, name, query.attempt))

    head = get
