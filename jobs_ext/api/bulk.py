"""Verbs for many jobs at once."""

from __future__ import annotations

from tornado import web

from ..model.bulk import Chosen, Handled
from .handler import JobsHandler
from .jobs import RESOURCE
from .operation import authorized, operation


class BulkCancelHandler(JobsHandler):
    """``jobs/bulk/cancel``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Cancel many jobs", response=Handled, body=Chosen)
    async def post(self, body: Chosen) -> Handled:
        """Ask for the end of those that have not ended; the others are said to be refused."""
        return await self.call(self.service.bulk.cancel, self.who, body.ids)


class BulkDeleteHandler(JobsHandler):
    """``jobs/bulk/delete``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Delete many jobs", response=Handled, body=Chosen)
    async def post(self, body: Chosen) -> Handled:
        """Cancel those that have not ended, and put all into the trash."""
        return await self.call(self.service.bulk.delete, self.who, body.ids)


class BulkResetHandler(JobsHandler):
    """``jobs/bulk/reset``."""

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Let many failed jobs run once more", response=Handled, body=Chosen)
    async def post(self, body: Chosen) -> Handled:
        """Begin a new attempt of those that FAILED; the others are said to be refused."""
        return await self.call(self.service.bulk.reset, self.who, body.ids)


class BulkReinstateHandler(JobsHandler):
    """``jobs/bulk/reinstate``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Take many jobs out of the trash", response=Handled, body=Chosen)
    async def post(self, body: Chosen) -> Handled:
        """Show deleted jobs again, as they ended."""
        return await self.call(self.service.bulk.reinstate, self.who, body.ids)
