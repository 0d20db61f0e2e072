"""Logs: what a job writes, by byte offset, also while it runs."""

from __future__ import annotations

from msgspec import Struct
from tornado import web

from ..model.job import LogChunk
from .handler import JobsHandler
from .operation import authorized, operation


class LogQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which piece of which log."""

    stream: str = "stdout"  # or stderr
    attempt: int | None = None  # None: the latest
    offset: int = 0  # bytes; negative: from the end
    limit: int = 1 << 16  # bytes


class LogsHandler(JobsHandler):
    """``jobs/{id}/logs``."""

    @web.authenticated
    @authorized("read", resource="jobs_ext:logs")
    @operation("Read a log", response=LogChunk, query=LogQuery)
    async def get(self, job: str, query: LogQuery) -> LogChunk:
        """Return a piece of a log; read on at its `next` until it is `final`."""
        return await self.call(
            self.service.logs.read,
            self.who,
            job,
            query.stream,
            query.attempt,
            query.offset,
            query.limit,
        )
