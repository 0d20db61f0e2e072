"""What UFDL's workers do with jobs: acquire, start, progress, finish, release, reset."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from ...model.errors import Conflict, InvalidRequest
from ...model.job import Job
from ...model.node import AcquireRequest, NodeFinish, NodeProgress, NodeStart
from ...model.reasons import ReasonCode
from ...model.status import Status
from ...service import decode_request
from .context import Ctx, work
from .jobs import one
from .shapes import is_cancelled

_TAKEN = (ReasonCode.ABORTED, ReasonCode.LEASE_EXPIRED)


class Start(Struct, frozen=True):
    """Body of start; more is allowed."""

    send_notification: str


class Finish(Struct, frozen=True):
    """Body of finish; more is allowed. With an error the job has failed, whatever `success`."""

    success: bool
    send_notification: str
    error: str | UnsetType = UNSET


@work
def acquire(ctx: Ctx, pk: str) -> object:
    """Reserve a job for a node."""
    node, job = ctx.worker, ctx.job(pk)
    if job.node == node.id and job.status is not Status.RUNNABLE:
        return one(ctx.service, job)
    if is_cancelled(job):
        raise _illegal(job, "it was cancelled")
    if job.status is Status.FAILED:
        return one(ctx.service, ctx.service.retaking.take(ctx.who, node.id, job.id))
    given = ctx.service.working.acquire(ctx.who, node.id, AcquireRequest(job=job.id))
    assert given is not None, "a job that is named is given or refused"
    return one(ctx.service, given.job)


@work
def release(ctx: Ctx, pk: str) -> object:
    """Give up a job."""
    node, job = ctx.worker, ctx.own_job(pk)
    if job.status is Status.FAILED:
        return one(ctx.service, ctx.service.retaking.let_go(ctx.who, node.id, job.id))
    _refuse_cancelled(job)
    told = NodeStart(attempt=_attempt(job))
    return one(ctx.service, ctx.service.working.release(ctx.who, node.id, job.id, told))


@work
def start(ctx: Ctx, pk: str) -> object:
    """Begin with a job."""
    node, job = ctx.worker, ctx.own_job(pk)
    ctx.body(Start)
    _refuse_cancelled(job)
    if job.status is not Status.STARTING:
        raise _illegal(job, "it can't be started")
    told = NodeStart(attempt=_attempt(job))
    return one(ctx.service, ctx.service.working.start(ctx.who, node.id, job.id, told))


@work
def progress(ctx: Ctx, pk: str, amount: str) -> object:
    """Say how far a job is; the body goes to all who watch it."""
    node, job = ctx.worker, ctx.own_job(pk)
    told = NodeProgress(attempt=_attempt(job), fraction=_fraction(amount), data=_data(ctx))
    _refuse_cancelled(job)
    return one(ctx.service, ctx.service.working.progress(ctx.who, node.id, job.id, told))


@work
def finish(ctx: Ctx, pk: str) -> object:
    """End a job, well or with an error."""
    node, job = ctx.worker, ctx.job(pk)
    if job.node != node.id and not _was_taken(ctx, job):
        ctx.own_job(pk)
    given = ctx.body(Finish)
    if job.node != node.id:
        return one(ctx.service, job)
    if job.status is not Status.RUNNING:
        raise _illegal(job, "it can't be finished")
    error = given.error if isinstance(given.error, str) else None
    told = NodeFinish(attempt=_attempt(job), success=error is None, reason=error)
    return one(ctx.service, ctx.service.working.finish(ctx.who, node.id, job.id, told))


@work
def reset(ctx: Ctx, pk: str) -> object:
    """Bring a job that failed to its start; its node keeps it."""
    node, job = ctx.worker, ctx.own_job(pk)
    if job.status is not Status.FAILED:
        raise _illegal(job, "only one that failed can be reset")
    return one(ctx.service, ctx.service.retaking.again(ctx.who, node.id, job.id))


def _was_taken(ctx: Ctx, job: Job) -> bool:
    """Tell whether a job was taken from the asking node: what it says of it changes nothing."""
    tries = [one for one in job.attempts if one.node == ctx.worker.id]
    return bool(tries) and tries[-1].reason_code in _TAKEN


def _attempt(job: Job) -> int:
    return job.attempts[-1].number if job.attempts else 0


def _refuse_cancelled(job: Job) -> None:
    if is_cancelled(job):
        raise _illegal(job, "it was cancelled")


def _illegal(job: Job, why: str) -> Conflict:
    phase = "CANCELLED" if is_cancelled(job) else _PHASES[job.status]
    return Conflict(f"Job {job.pk} is in phase {phase}: {why}.", field="pk", value=job.pk)


_PHASES = dict.fromkeys(Status, "CREATED") | {
    Status.RUNNING: "STARTED",
    Status.SUCCEEDED: "FINISHED",
    Status.FAILED: "ERRORED",
}


def _fraction(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount <= 1:
        raise InvalidRequest(
            "The progress is a number from 0.0 to 1.0.", field="progress", value=text
        )
    return amount


def _data(ctx: Ctx) -> dict[str, Any]:
    """Return the body, any JSON object; nothing is an empty one."""
    return decode_request(ctx.call.body.strip() or b"{}", dict[str, Any])
