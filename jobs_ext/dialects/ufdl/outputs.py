"""Outputs of jobs: UFDL tells them apart by name and type together."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ...model.errors import Conflict, InvalidRequest, JobsError
from ...model.job import Job
from ...model.status import Status
from ...service.working import Hold
from ..table import File
from .context import Ctx, action, number
from .filters import Fields, FilterSpec, chosen, plain
from .jobs import found
from .shapes import Json, joined, output, user

_FILE = "application/data"
_BEFORE = (Status.SUBMITTED, Status.PENDING, Status.RUNNABLE, Status.STARTING)
_FIELDS = Fields(plain("pk", "job", "name", "type", "creator", "creation_time", "deletion_time"))


class NotStarted(JobsError):
    """The job was not started: there is nothing to add an output to."""

    http_status = 417
    type = "not_started"


class Download(Struct, frozen=True):
    """Body of a download: nothing in it matters, files are sent as they are."""


@action
def add(ctx: Ctx, pk: str, name: str, kind: str) -> object:
    """Add an output to a job."""
    job = ctx.job(pk) if ctx.node is None else ctx.own_job(pk)
    _check_phase(job)
    if "/" in name:  # which parts our own names into UFDL's name and type
        raise InvalidRequest("An output's name has no slash.", field="name", value=name)
    if _named(ctx, job, name, kind) is not None:
        raise InvalidRequest(
            f"Job {pk} has an output {name!r} of the type {kind} already.",
            field="name",
            value=name,
        )
    assert ctx.call.draft is not None, "the route says that the body is a file"
    hold = None if ctx.node is None else Hold(ctx.node.id, job.attempts[-1].number)
    ours = joined(name, kind)[0]
    ctx.service.given.add(ctx.who, job.id, ours, _FILE, ctx.call.draft, hold)
    return _told(ctx, job, ours)


@action
def get(ctx: Ctx, pk: str, name: str, kind: str) -> object:
    """Download an output."""
    job, ours = _find(ctx, pk, name, kind)
    return File(ctx.service.outputs.find(ctx.who, job.id, ours))


@action
def info(ctx: Ctx, pk: str, name: str, kind: str) -> object:
    """Return what is known of an output."""
    return _told(ctx, *_find(ctx, pk, name, kind))


@action
def delete(ctx: Ctx, pk: str, name: str, kind: str) -> object:
    """Remove an output from a job."""
    job, ours = _find(ctx, pk, name, kind)
    told = _told(ctx, job, ours)
    ctx.service.given.delete(ctx.who, job.id, ours)
    return told


@action
def list_(ctx: Ctx) -> object:
    """List the outputs of all jobs."""
    spec = ctx.body(FilterSpec)
    jobs = found(ctx, FilterSpec(include_inactive=spec.include_inactive))
    numbers = ctx.service.outputs.numbers(jobs)
    told = [one for job in jobs for one in _records(ctx, job, numbers.get(job.id, {}))]
    return chosen(spec, told, _FIELDS)


@action
def retrieve(ctx: Ctx, pk: str) -> object:
    """Return what is known of an output, by its number."""
    job_id, name = ctx.service.outputs.numbered(ctx.who, number(pk, "JobOutput"))
    return _told(ctx, ctx.service.jobs.get(ctx.who, job_id), name)


@action
def download(ctx: Ctx, pk: str) -> object:
    """Download an output, by its number."""
    ctx.body(Download)
    job_id, name = ctx.service.outputs.numbered(ctx.who, number(pk, "JobOutput"))
    return File(ctx.service.outputs.find(ctx.who, job_id, name))


def _check_phase(job: Job) -> None:
    """Raise unless outputs can be added to a job now."""
    if job.status in _BEFORE:
        raise NotStarted(f"Job {job.pk} was not started.", field="pk", value=job.pk)
    if job.status is Status.SUCCEEDED:
        raise Conflict(f"Job {job.pk} is finished.", field="pk", value=job.pk)


def _find(ctx: Ctx, pk: str, name: str, kind: str) -> tuple[Job, str]:
    """Return the job and our name of its output. Raises `InvalidRequest`, as UFDL answers 400."""
    job = ctx.job(pk)
    ours = _named(ctx, job, name, kind)
    if ours is None:
        raise InvalidRequest(
            f"Job {pk} has no output {name!r} of the type {kind}.", field="name", value=name
        )
    return job, ours


def _named(ctx: Ctx, job: Job, name: str, kind: str) -> str | None:
    there = ctx.service.outputs.numbers([job]).get(job.id, {})
    return next((ours for ours in joined(name, kind) if ours in there), None)


def _told(ctx: Ctx, job: Job, name: str) -> Json:
    """Return what is told of an output, by our name of it."""
    number_ = ctx.service.outputs.numbers([job])[job.id][name]
    return _records(ctx, job, {name: number_})[0]


def _records(ctx: Ctx, job: Job, numbers: Mapping[str, int]) -> list[Json]:
    """Return what is told of outputs of a job, which have these numbers by our names of them."""
    made = _times(ctx, job) if numbers else {}
    common = {"job": job.pk, "creator": user(job.owner)}
    return [
        output(name, pk)
        | common
        | {"creation_time": made.get(name, job.created), "deletion_time": None}
        for name, pk in numbers.items()
    ]


def _times(ctx: Ctx, job: Job) -> dict[str, str]:
    """Return when outputs of a job were last added, or found, by name."""
    events = ctx.service.jobs.history(ctx.who, job.id)
    told = [event for event in events if event.type == "outputs"]
    return {name: event.time for event in told for name in event.data.get("names", ())}
