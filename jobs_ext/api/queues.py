"""Queues: where a job can wait."""

from __future__ import annotations

from msgspec import Struct
from tornado import web

from ..service.queues import QueueInfo
from .handler import JobsHandler
from .operation import authorized, operation


class QueueList(Struct, frozen=True):
    """All queues."""

    items: list[QueueInfo]  # in the order of the trait `queues`


class QueuesHandler(JobsHandler):
    """``queues``."""

    @web.authenticated
    @authorized("read", resource="jobs_ext:queues")
    @operation("List the queues", response=QueueList)
    async def get(self) -> QueueList:
        """Return the named queues, their caps, and how many of their jobs run."""
        return QueueList(await self.call(self.service.queues.list, self.who))
