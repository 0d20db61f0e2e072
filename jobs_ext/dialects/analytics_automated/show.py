"""What became of a submission, in Analytics Automated's words."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any
from urllib.parse import quote

from ...model.errors import NotFound
from ...model.job import Job, Output, Step
from ...model.reasons import ReasonCode
from ...model.status import Status
from ..table import Call
from .records import Batch, batch_of, batch_with
from .tools import without_suffix

_STATES = {
    Status.SUBMITTED: "Submitted",
    Status.PENDING: "Submitted",
    Status.RUNNABLE: "Submitted",
    Status.STARTING: "Submitted",
    Status.RUNNING: "Running",
    Status.SUCCEEDED: "Complete",
    Status.FAILED: "Error",
    Status.CANCELLED: "Error",
}
_PAGE = 500  # outputs that are read at a time
_CRASHES = (ReasonCode.LOST, ReasonCode.INTERNAL_ERROR)
_NOT_BEGUN = (ReasonCode.CANNOT_START, ReasonCode.MISSING_INPUT, ReasonCode.INPUT_CHANGED)


def batch(call: Call, uuid: str) -> object:
    """Show a submission with all of its jobs."""
    uuid = without_suffix(uuid)
    kept = batch_of(call, uuid)
    shown = [_submission(call, uuid, kept, index) for index in range(len(kept.jobs))]
    some = [one for one in shown if one is not None]
    if not some:
        raise NotFound("It was deleted.", field="uuid", value=uuid)
    return {"UUID": uuid, "state": _state_of_all([s["state"] for s in some]), "submissions": some}


def single(call: Call, uuid: str) -> object:
    """Show one job of a submission."""
    job = without_suffix(uuid)
    batch_uuid, kept = batch_with(call, job)
    shown = _submission(call, batch_uuid, kept, kept.jobs.index(job))
    if shown is None:
        raise NotFound("It was deleted.", field="uuid", value=uuid)
    return shown


def _submission(call: Call, uuid: str, kept: Batch, index: int) -> dict[str, Any] | None:
    try:
        job = call.service.jobs.get(call.who, kept.jobs[index])
    except NotFound:
        return None
    return {
        "submission_name": kept.name,
        "job_name": kept.tools[index],
        "UUID": job.id,
        "state": state_of(job),
        "last_message": message_of(job),
        "email": kept.email,
        "input_file": path_of("input", uuid, kept.input.name),
        "results": [*_results(call, job, kept.tools[index])],
    }


def path_of(*parts: str) -> str:
    """Return where a file is, below the root of the server or of the API."""
    return "/submissions/" + "/".join(quote(part) for part in parts)


def state_of(job: Job) -> str:
    """Return the word for where a job stands."""
    crashed = job.status is Status.FAILED and job.reason_code in _CRASHES
    return "Crash" if crashed else _STATES[job.status]


def _state_of_all(states: list[str]) -> str:
    for bad in ("Crash", "Error"):
        if bad in states:
            return bad
    return states[0] if len(set(states)) == 1 else "Running"


def message_of(job: Job) -> str:
    """Return the last thing that is said of a job."""
    ranks = _ranks(job.steps)
    match state_of(job):
        case "Submitted":
            return "Submitted"
        case "Running":
            return _under_way(job.steps, ranks)
        case "Complete":
            return f"Completed job at step #{_last(job.steps, ranks, Status.SUCCEEDED)}"
    return _failure(job, _last(job.steps, ranks, Status.FAILED))


def _ranks(steps: Iterable[Step]) -> dict[str, int]:
    """Return, by name, in which group of steps each one runs, from 1."""
    groups = groupby(steps, key=lambda step: step.ordering)
    return {step.name: rank for rank, (_, group) in enumerate(groups, 1) for step in group}


def _last(steps: Iterable[Step], ranks: dict[str, int], status: Status) -> int:
    return max((ranks[step.name] for step in steps if step.status is status), default=1)


def _under_way(steps: list[Step], ranks: dict[str, int]) -> str:
    running = [ranks[step.name] for step in steps if step.status is Status.RUNNING]
    if running or not any(step.status is Status.SUCCEEDED for step in steps):
        return f"Running step: {min(running, default=1)}"
    return f"Completed step: {_last(steps, ranks, Status.SUCCEEDED)}"


def _failure(job: Job, rank: int) -> str:
    code = job.attempts[-1].exit_code if job.attempts else None
    if job.reason_code == ReasonCode.EXIT_CODE:
        return f"Failed step, non 0 exit at step: {rank}. Exit status:{code}"
    if job.reason_code == ReasonCode.MISSING_OUTPUT:
        return f"Failed with missing outputs: {job.reason}"
    if job.reason_code in _NOT_BEGUN:
        return f"Unable to prepare files and tmp directory: {job.reason}"
    return f"Unable to call commandRunner.run_cmd(): {job.reason}"


def _results(call: Call, job: Job, tool: str) -> Iterable[dict[str, Any]]:
    """Yield what is said of each file of a step that has ended, in the order of the steps."""
    steps = job.steps or [Step(tool, 0, job.status)]
    ranks = _ranks(steps)
    numbers = {step.name: number for number, step in enumerate(steps, 1)}
    found = [(_step_of(output, numbers, steps[-1].name), output) for output in _outputs(call, job)]
    ended = {step.name for step in steps if step.status.final}
    for name, output in sorted(found, key=lambda one: (numbers[one[0]], one[1].name)):
        if name not in ended:
            continue
        yield {
            "task": numbers[name],
            "name": name,
            "message": "Result",
            "step": ranks[name],
            "data_path": path_of(job.id, output.name),
        }


def _step_of(output: Output, numbers: dict[str, int], otherwise: str) -> str:
    name = output.name.partition("/")[0]
    return name if name in numbers else otherwise


def _outputs(call: Call, job: Job) -> Iterable[Output]:
    under_way = job.status is Status.RUNNING and bool(job.steps)
    if job.n_outputs <= len(job.outputs) and not under_way:
        yield from job.outputs
        return
    cursor: str | None = ""
    while cursor is not None:
        page = call.service.outputs.list(
            call.who, job.id, limit=_PAGE, cursor=cursor or None, so_far=under_way
        )
        yield from page.items
        cursor = page.next
