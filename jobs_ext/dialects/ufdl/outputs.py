"""Outputs of jobs: UFDL tells them apart by name and type together."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ...model.errors import Conflict, InvalidRequest, JobsError
from ...model.job import Job, Output
from ...model.status import Status
from ...service.outputs import Numbered
from ...service.working import Hold
from ..table import File
from .children import own_outputs
from .context import Ctx, action, number
from .filters import Fields, FilterSpec, chosen, plain
from .inputs import files_of, parted
from .jobs import found
from .shapes import FILE, Json, joined, name_and_type, output, user

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
    ours = joined(name, kind)
    if any(ours == one.name or (name, kind) == name_and_type(one) for one in _there(ctx, job)):
        raise InvalidRequest(
            f"Job {pk} has an output {name!r} of the type {kind} already.",
            field="name",
            value=name,
        )
    assert ctx.call.draft is not None, "the route says that the body is a file"
    hold = None if ctx.node is None else Hold(ctx.node.id, job.attempts[-1].number)
    ctx.service.given.add(ctx.who, job.id, ours, FILE, ctx.call.draft, hold)
    return _told(ctx, job, ours)


@action
def get(ctx: Ctx, pk: str, name: str, kind: str) -> object:
    """Download an output."""
    job, one = _find(ctx, pk, name, kind)
    return File(ctx.service.outputs.find(ctx.who, job.id, one.name))


@action
def info(ctx: Ctx, pk: str, name: str, kind: str) -> object:
    """Return what is known of an output."""
    job, one = _find(ctx, pk, name, kind)
    return _records(ctx, [(job, [one])])[0]


@action
def delete(ctx: Ctx, pk: str, name: str, kind: str) -> object:
    """Remove an output from a job."""
    ctx.job(pk)  # of a child nothing is deleted
    job, one = _find(ctx, pk, name, kind)
    told = _records(ctx, [(job, [one])])[0]
    ctx.service.given.delete(ctx.who, job.id, one.name)
    return told


@action
def list_(ctx: Ctx) -> object:
    """List the outputs of all jobs; to a node also the files that its jobs read."""
    spec = ctx.body(FilterSpec)
    jobs = found(ctx, FilterSpec(include_inactive=spec.include_inactive))
    numbers = ctx.service.outputs.numbers(jobs)
    told = _records(ctx, [(job, numbers.get(job.id, [])) for job in jobs])
    held = {one.job for one in ctx.node.jobs} if ctx.node is not None else set()
    for job in jobs:
        if job.id in held:
            told += [_record(job, one, job.created) for one in files_of(ctx.service, job)]
    return chosen(spec, told, _FIELDS)


@action
def retrieve(ctx: Ctx, pk: str) -> object:
    """Return what is known of an output, by its number."""
    wanted = number(pk, "JobOutput")
    if (read := _read(ctx, wanted)) is not None:
        job, file = read
        return _record(job, Numbered(file.name, wanted, file.media_type), job.created)
    job_id, name = ctx.service.outputs.numbered(ctx.who, wanted)
    return _told(ctx, ctx.service.jobs.get(ctx.who, job_id), name)


@action
def download(ctx: Ctx, pk: str) -> object:
    """Download an output, by its number."""
    ctx.body(Download)
    wanted = number(pk, "JobOutput")
    if (read := _read(ctx, wanted)) is not None:
        return File(read[1])
    job_id, name = ctx.service.outputs.numbered(ctx.who, wanted)
    return File(ctx.service.outputs.find(ctx.who, job_id, name))


def _read(ctx: Ctx, wanted: int) -> tuple[Job, Output] | None:
    """Return the file that a job of the asking node reads, and that; None for an output's number.

    Raises `Forbidden` for who is not the node that has the job.
    """
    place = parted(wanted)
    if place is None:
        return None
    job = ctx.own_job(str(place[0]))
    hold = Hold(ctx.worker.id, job.attempts[-1].number)
    return job, ctx.service.handed.find(ctx.who, job.id, place[1], hold)


def _check_phase(job: Job) -> None:
    """Raise unless outputs can be added to a job now."""
    if job.status in _BEFORE:
        raise NotStarted(f"Job {job.pk} was not started.", field="pk", value=job.pk)
    if job.status is Status.SUCCEEDED:
        raise Conflict(f"Job {job.pk} is finished.", field="pk", value=job.pk)


def _find(ctx: Ctx, pk: str, name: str, kind: str) -> tuple[Job, Numbered]:
    """Return a job, or that of a child, and its output.

    Raises `InvalidRequest` when there is none, as UFDL answers 400.
    """
    job, child = ctx.job_or_child(pk)
    there = _there(ctx, job)
    folder = ""
    if child is not None:
        there, folder = own_outputs(child, there), child.folder
    for one in there:
        if name_and_type(one, folder) == (name, kind):
            return job, one
    told = f"Job {pk} has no output {name!r} of the type {kind}."
    raise InvalidRequest(told, field="name", value=name)


def _there(ctx: Ctx, job: Job) -> list[Numbered]:
    return ctx.service.outputs.numbers([job]).get(job.id, [])


def _told(ctx: Ctx, job: Job, name: str) -> Json:
    """Return what is told of an output, by our name of it."""
    there = [one for one in _there(ctx, job) if one.name == name]
    return _records(ctx, [(job, there)])[0]


def _records(ctx: Ctx, some: Sequence[tuple[Job, Sequence[Numbered]]]) -> list[Json]:
    """Return what is told of outputs of jobs."""
    made = ctx.service.outputs.times([job for job, outputs in some if outputs])
    return [
        _record(job, one, made.get(job.id, {}).get(one.name, job.created))
        for job, outputs in some
        for one in outputs
    ]


def _record(job: Job, one: Numbered, made: str) -> Json:
    common = {"job": job.pk, "creator": user(job.owner)}
    return output(one) | common | {"creation_time": made, "deletion_time": None}
