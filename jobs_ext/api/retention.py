"""How long jobs are kept."""

from __future__ import annotations

from tornado import web

from ..model.retention import Outlived
from .handler import JobsHandler
from .operation import authorized, operation


class RetentionHandler(JobsHandler):
    """``retention``."""

    @web.authenticated
    @authorized("read", resource="jobs_ext:jobs")
    @operation("Show how long jobs are kept, and what would go now", response=Outlived)
    async def get(self) -> Outlived:
        """Return the rules, and the jobs and batches of the caller that have outlived them."""
        return await self.call(self.service.keeping.preview, self.who)
