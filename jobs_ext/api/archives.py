"""Archives: copies of a job's outputs in a folder that the file browser shows."""

from __future__ import annotations

from tornado import web

from ..model.archive import Archive, ArchiveRequest
from .handler import JobsHandler
from .operation import authorized, operation

RESOURCE = "jobs_ext:archives"


class ArchiveHandler(JobsHandler):
    """``jobs/{id}/archive``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show where the outputs of a job were archived", response=Archive)
    async def get(self, job: str) -> Archive:
        """Return what was last asked for, by the option `archive` too, and how far that is."""
        return await self.call(self.service.archives.get, self.who, job)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Archive the outputs of a job", response=Archive, status=202, body=ArchiveRequest)
    async def post(self, job: str, body: ArchiveRequest) -> Archive:
        """Have them copied into a folder below the server's root; from then on served from it."""
        return await self.call(self.service.archives.ask, self.who, job, body.folder)
