"""Jobs: submit, look, steer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec import Raw, Struct
from tornado import web

from ..model.job import Event, Job, Page
from ..model.provenance import Provenance
from ..model.query import JobQuery, JobSearch
from ..model.request import Context, JobChange, SubmitRequest
from ..model.view import view_model
from ..service.uploads import Upload
from .forms import FormHandler
from .handler import JobsHandler
from .operation import authorized, operation
from .patience import Patience

RESOURCE = "jobs_ext:jobs"
_SHORT_PAGE = 100  # jobs
_SHORT_ORDERS = (None, "newest", "oldest", "index")


class RerunRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a rerun changes; what is not given stays as it was."""

    arguments: dict[str, Any] | None = None  # other values, by name
    options: dict[str, Any] | None = None  # as in a submit
    context: Context | None = None  # of who reruns it


class History(Struct, frozen=True):
    """What happened to a job, in order."""

    items: list[Event]  # by their `seq`


class Code(Struct, frozen=True):
    """Something to be pasted into a cell."""

    python: str  # statements that begin with an import


def is_short(query: JobQuery) -> bool:
    """Tell whether a page is read in about a millisecond."""
    long = query.text or query.ids or query.filter or query.order not in _SHORT_ORDERS
    return query.limit <= _SHORT_PAGE and not long


@web.stream_request_body
class JobsCollectionHandler(FormHandler):
    """``jobs``."""

    resource = RESOURCE

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List jobs", response=Page[Job], query=JobQuery)
    async def get(self, query: JobQuery) -> Page[Raw]:
        """Return one page of the caller's jobs."""
        look = self.glance if is_short(query) else self.call
        return await look(self.service.jobs.listed, self.who, query)

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Submit a job", response=Job, status=201, body=SubmitRequest, files=True)
    async def post(self, body: SubmitRequest, files: dict[str, Upload]) -> Job:
        """Accept a job: it is on disk when this answers."""
        with self.backend.metrics.submits.time():
            job = await self.call(self.service.jobs.submit, self.who, body, files)
        self.set_header("Location", self.url("jobs", job.id))
        return job


class SearchHandler(JobsHandler):
    """``jobs/search``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Search jobs", response=Page[Job], body=JobSearch)
    async def post(self, body: JobSearch) -> Page[Job]:
        """Return one page of the jobs that a filter finds, given as a tree or as text."""
        return await self.backend.call(self.service.jobs.search, self.who, body)


@web.stream_request_body
class CheckHandler(FormHandler):
    """``check``."""

    resource = RESOURCE

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Check a submit", response=dict[str, Any], body=SubmitRequest, files=True)
    async def post(self, body: SubmitRequest, files: dict[str, Upload]) -> Mapping[str, object]:
        """Validate as a submit would, without any effect."""
        return await self.call(self.service.jobs.check, self.who, body, files)


class JobHandler(JobsHandler):
    """``jobs/{id}``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show a job", response=Job, query=Patience)
    async def get(self, job: str, query: Patience) -> Job:
        """Return a job with its attempts and outputs, with ``wait`` once it has ended."""
        look = partial(self.glance, self.service.jobs.get, self.who, job)
        return await self.awaited(look, lambda seen: seen.status.final, query)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Change a job that waits", response=Job, body=JobChange)
    async def patch(self, job: str, body: JobChange) -> Job:
        """Give the job another priority, hold it, or let it go."""
        return await self.call(self.service.jobs.change, self.who, job, body)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Delete a job", status=204)
    async def delete(self, job: str) -> None:
        """Cancel the job if it has not ended, and put it into the trash."""
        await self.call(self.service.jobs.delete, self.who, job)


class CancelHandler(JobsHandler):
    """``jobs/{id}/cancel``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Cancel a job", response=Job, status=202)
    async def post(self, job: str) -> Job:
        """Ask for the end of the job and of all its processes; asking twice is harmless."""
        return await self.call(self.service.jobs.cancel, self.who, job)


class ReinstateHandler(JobsHandler):
    """``jobs/{id}/reinstate``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Take a job out of the trash", response=Job)
    async def post(self, job: str) -> Job:
        """Show a deleted job again, as it ended."""
        return await self.call(self.service.trash.reinstate_job, self.who, job)


class PurgeHandler(JobsHandler):
    """``jobs/{id}/purge``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Remove a job for good", status=202)
    async def post(self, job: str) -> None:
        """Remove the job with its history, logs and outputs, once it has ended; no way back."""
        await self.call(self.service.trash.purge_job, self.who, job)


class ReleaseHandler(JobsHandler):
    """``jobs/{id}/release``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Release a held job", response=Job)
    async def post(self, job: str) -> Job:
        """Let a job run that was submitted with ``hold``."""
        return await self.call(self.service.jobs.release, self.who, job)


class RerunHandler(JobsHandler):
    """``jobs/{id}/rerun``."""

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Run a job again", response=Job, status=201, body=RerunRequest)
    async def post(self, job: str, body: RerunRequest) -> Job:
        """Submit the same again, with changes; in a batch the new job joins the batch."""
        again = await self.call(
            self.service.jobs.rerun,
            self.who,
            job,
            body.arguments,
            body.options,
            body.context,
        )
        self.set_header("Location", self.url("jobs", again.id))
        return again


class ResetHandler(JobsHandler):
    """``jobs/{id}/reset``."""

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Let a failed job run once more", response=Job)
    async def post(self, job: str) -> Job:
        """Begin a new attempt of a job that FAILED; the earlier ones stay in its history."""
        return await self.call(self.service.jobs.reset, self.who, job)


class ViewHandler(JobsHandler):
    """``jobs/{id}/view``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show a job as it is drawn", response=dict[str, Any])
    async def get(self, job: str) -> dict[str, Any]:
        """Return the view of a job: what a card shows of it."""
        return view_model(await self.glance(self.service.jobs.get, self.who, job))


class CodeHandler(JobsHandler):
    """``jobs/{id}/code``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show the Python that submits a job like this", response=Code)
    async def get(self, job: str) -> Code:
        """Return a statement for a cell; of a function it is a rerun."""
        return Code(await self.call(self.service.jobs.code, self.who, job))


class ProvenanceHandler(JobsHandler):
    """``jobs/{id}/provenance``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show where a job came from", response=Provenance)
    async def get(self, job: str) -> Provenance:
        """Return notebook, cell, commit, interpreter with its packages, and hashes of inputs."""
        return await self.call(self.service.jobs.provenance, self.who, job)


class HistoryHandler(JobsHandler):
    """``jobs/{id}/history``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show what happened to a job", response=History)
    async def get(self, job: str) -> History:
        """Return the events of a job."""
        return History(await self.call(self.service.jobs.history, self.who, job))
