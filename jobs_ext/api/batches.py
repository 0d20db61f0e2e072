"""Batches: jobs submitted together."""

from __future__ import annotations

from functools import partial
from typing import Any

from msgspec import Struct
from tornado import web

from ..model.job import Batch, Job, Page
from ..model.query import JobQuery
from ..model.request import BatchChange, BatchRequest
from ..model.status import Status
from ..model.view import batch_view
from ..service.uploads import Upload
from .forms import FormHandler
from .handler import JobsHandler
from .jobs import is_short
from .operation import authorized, operation
from .patience import Patience

RESOURCE = "jobs_ext:batches"


class BatchQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of the batches, newest first."""

    filter: str | None = None  # an expression: n_jobs > 100 and name like "sweep%"
    limit: int = 100  # 1 to 500
    cursor: str | None = None  # `next` of the page before


@web.stream_request_body
class BatchesHandler(FormHandler):
    """``batches``."""

    resource = RESOURCE

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List batches", response=Page[Batch], query=BatchQuery)
    async def get(self, query: BatchQuery) -> Page[Batch]:
        """Return one page of the caller's batches."""
        listing = self.service.batches.list
        return await self.call(listing, self.who, query.limit, query.cursor, query.filter)

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Submit a batch", response=Batch, status=201, body=BatchRequest, files=True)
    async def post(self, body: BatchRequest, files: dict[str, Upload]) -> Batch:
        """Accept a batch whole: either every argument set is good, or nothing is kept."""
        with self.backend.metrics.submits.time():
            batch = await self.call(self.service.batches.submit, self.who, body, files)
        self.set_header("Location", self.url("batches", batch.id))
        return batch


class BatchHandler(JobsHandler):
    """``batches/{id}``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show a batch", response=Batch, query=Patience)
    async def get(self, batch: str, query: Patience) -> Batch:
        """Return a batch with the count of its jobs in each status, with ``wait`` at its end."""
        look = partial(self.glance, self.service.batches.get, self.who, batch)
        return await self.awaited(look, _has_ended, query)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Change a batch whose jobs wait", response=Batch, body=BatchChange)
    async def patch(self, batch: str, body: BatchChange) -> Batch:
        """Give those of its jobs that wait another priority."""
        return await self.call(self.service.batches.change, self.who, batch, body)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Delete a batch", status=204)
    async def delete(self, batch: str) -> None:
        """Cancel what has not ended, and hide the batch with its jobs."""
        await self.call(self.service.batches.delete, self.who, batch)


class BatchCancelHandler(JobsHandler):
    """``batches/{id}/cancel``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Cancel a batch", response=Batch, status=202)
    async def post(self, batch: str) -> Batch:
        """Ask for the end of all its jobs; asking twice is harmless."""
        return await self.call(self.service.batches.cancel, self.who, batch)


class BatchReinstateHandler(JobsHandler):
    """``batches/{id}/reinstate``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Take a batch out of the trash", response=Batch)
    async def post(self, batch: str) -> Batch:
        """Show a deleted batch again, with the jobs that were deleted with it."""
        return await self.call(self.service.trash.reinstate_batch, self.who, batch)


class BatchPurgeHandler(JobsHandler):
    """``batches/{id}/purge``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Remove a batch for good", status=202)
    async def post(self, batch: str) -> None:
        """Remove the batch and its jobs with all they left; no way back."""
        await self.call(self.service.trash.purge_batch, self.who, batch)


class BatchResetHandler(JobsHandler):
    """``batches/{id}/reset``."""

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Let the failed jobs of a batch run once more", response=Batch)
    async def post(self, batch: str) -> Batch:
        """Begin a new attempt of every job of the batch that FAILED."""
        return await self.call(self.service.batches.reset, self.who, batch)


class BatchReleaseHandler(JobsHandler):
    """``batches/{id}/release``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Release a held batch", response=Batch)
    async def post(self, batch: str) -> Batch:
        """Let the jobs run of a batch that was submitted with ``hold``."""
        return await self.call(self.service.batches.release, self.who, batch)


class BatchJobsHandler(JobsHandler):
    """``batches/{id}/jobs``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List the jobs of a batch", response=Page[Job], query=JobQuery)
    async def get(self, batch: str, query: JobQuery) -> Page[Job]:
        """Return one page of the batch's jobs, in the order of their arguments."""
        look = self.glance if is_short(query) else self.call
        return await look(self.service.batches.jobs, self.who, batch, query)


class BatchViewHandler(JobsHandler):
    """``batches/{id}/view``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show a batch as it is drawn", response=dict[str, Any])
    async def get(self, batch: str) -> dict[str, Any]:
        """Return the view of a batch: what a card shows of it."""
        return await self.glance(self._view, batch)

    def _view(self, batch: str) -> dict[str, Any]:
        batches = self.service.batches
        return batch_view(batches.get(self.who, batch), batches.failures(self.who, batch))


def _has_ended(batch: Batch) -> bool:
    """Tell whether all jobs of a batch have; a rerun stands for the one that it repeats."""
    return sum(n for status, n in batch.counts.items() if Status(status).final) >= batch.n_jobs
