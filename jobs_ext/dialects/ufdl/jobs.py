"""Jobs: listed, described, put into the trash and back, cancelled."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct

from ...model.errors import Conflict, Forbidden, InvalidRequest, JobsError
from ...model.filters import And, Compare, Filter, In
from ...model.job import Job
from ...model.query import JobSearch
from ...model.request import JobChange
from ...model.status import ACTIVE, Status
from ...service import Service
from ...service.executors import NODE
from ..table import Reply
from .children import child_record, children, parted
from .context import Ctx, action
from .filters import FilterSpec, chosen, finds_children, finds_workable, numbers, statuses
from .nodes import known_nodes
from .shapes import JOB_FIELDS, Json, is_cancelled, record, shown
from .templates import workable

_PAGE = 500  # jobs


class OtherMedia(JobsError):
    """The body is neither JSON nor a form."""

    http_status = 415
    type = "unsupported_media_type"


class Described(Struct, frozen=True):
    """Body of an update: all but the description is ignored."""

    description: Any = UNSET


def one(service: Service, job: Job) -> Json:
    """Return what is told of one job."""
    return shown(service, [job])[0]


@action
def list_(ctx: Ctx) -> object:
    """List jobs."""
    spec = ctx.body(FilterSpec)
    jobs = found(ctx, spec)
    nodes = {node["pk"]: node for node in known_nodes(ctx)} if any(j.node for j in jobs) else {}
    told = shown(ctx.service, jobs)
    doable = workable(ctx, {it["template"]["pk"] for it in told})
    records = [record(job, it, nodes, doable) for job, it in zip(jobs, told, strict=True)]
    if finds_children(spec):
        below = children(ctx.service, jobs, told)
        told += [it for _, it in below]
        records += [child_record(child, it) for child, it in below]
    by_pk = {it["pk"]: it for it in told}
    return [by_pk[it["pk"]] for it in chosen(spec, records, JOB_FIELDS)]


def found(ctx: Ctx, spec: FilterSpec) -> list[Job]:
    """Return the jobs among which are all that a filter finds, or their parents; oldest first."""
    where: list[Filter] = [In("status", sorted(statuses(spec)))]
    where += [Compare("pk", "=", parted(number)[0]) for number in numbers(spec)]
    if finds_workable(spec):  # the jobs that wait for this machine may be very many
        where.append(Compare("executor", "=", NODE))
    deleted = None if spec.include_inactive else False
    jobs: list[Job] = []
    cursor: str | None = None
    while True:
        search = JobSearch(
            filter=And(where), deleted=deleted, limit=_PAGE, cursor=cursor, order="oldest"
        )
        page = ctx.service.jobs.search(ctx.who, search)
        jobs += page.items
        cursor = page.next
        if cursor is None:
            return jobs


@action
def create(ctx: Ctx) -> object:
    """Refuse to make a job of nothing."""
    raise Forbidden(
        "Jobs are made from templates.",
        field="path",
        hint="POST v1/job-templates/{pk}/create-job.",
    )


@action
def retrieve(ctx: Ctx, pk: str) -> object:
    """Return a job, or the child of one."""
    job, child = ctx.job_or_child(pk)
    told = one(ctx.service, job)
    return told if child is None else children(ctx.service, [job], [told])[child.place][1]


@action
def update(ctx: Ctx, pk: str) -> object:
    """Describe a job by other words."""
    job = ctx.job(pk)
    given = _description(ctx)
    if given is None:
        return one(ctx.service, job)
    changed = ctx.service.jobs.change(ctx.who, job.id, JobChange(description=given))
    return one(ctx.service, changed)


def _description(ctx: Ctx) -> str | None:
    """Return the description that the body gives, as JSON or as a form; None for none."""
    kind = ctx.call.headers.get("Content-Type", "")
    if kind.startswith(("application/x-www-form-urlencoded", "multipart/")):
        return next(iter(ctx.call.form[0].get("description", [])), None)
    if kind and kind.partition(";")[0].strip().lower() != "application/json":
        raise OtherMedia(f"Unsupported media type {kind!r}.", field="Content-Type", value=kind)
    given = ctx.body(Described).description
    if given is None:
        raise InvalidRequest("This field may not be null.", field="description")
    if isinstance(given, bool | list | dict):
        raise InvalidRequest("Not a valid string.", field="description", value=given)
    return str(given) if given is not UNSET else None


@action
def destroy(ctx: Ctx, pk: str) -> object:
    """Flag a job as deleted; it goes on."""
    ctx.service.trash.put_job(ctx.who, ctx.job(pk).id)
    return Reply(status=204)


@action
def reinstate(ctx: Ctx, pk: str) -> object:
    """Take a job out of the trash."""
    job = ctx.job(pk)
    if job.deleted:
        job = ctx.service.trash.reinstate_job(ctx.who, job.id)
    return one(ctx.service, job)


@action
def hard_delete(ctx: Ctx, pk: str) -> object:
    """Remove a job for good, with its outputs."""
    job = ctx.job(pk)
    told = one(ctx.service, job)
    if job.node is not None and job.status in ACTIVE:
        ctx.service.working.abort(ctx.who, job.id)
    ctx.service.trash.purge_job(ctx.who, job.id)
    return told


@action
def cancel(ctx: Ctx, pk: str) -> object:
    """Cancel a job: its owner may. One that FAILED is then tried by nobody any more."""
    job = ctx.job(pk)
    return one(ctx.service, ctx.service.jobs.cancel(ctx.who, job.id, failed=True))


@action
def abort(ctx: Ctx, pk: str) -> object:
    """Take a job from its node, so that another can do it from its start."""
    job = ctx.job(pk)
    if is_cancelled(job) or job.status is Status.SUCCEEDED:
        raise Conflict(f"Job {pk} is {job.status}: it can't be aborted.", field="pk", value=pk)
    if job.status is Status.FAILED:
        return one(ctx.service, ctx.service.jobs.reset(ctx.who, job.id))
    if job.status in ACTIVE:
        job = ctx.service.working.abort(ctx.who, job.id)
    return one(ctx.service, job)
