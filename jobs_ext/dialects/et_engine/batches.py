"""Batches and their jobs, in the seed's form; and how one is submitted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from ...model.errors import NotFound
from ...model.job import Batch, Job
from ...model.query import JobQuery
from ...model.request import BatchRequest, Target
from ...model.status import Status
from ...model.tool import Tool, ToolParameter
from ..table import Call, Reply
from . import hardware
from .tools import runnable

_PAGE = 500
_LOG_PIECE = 1 << 20  # bytes
_TRUTH = {"true": True, "false": False}  # in any case: Python's clients write True
_LONGEST_LOG = 16  # pieces of each stream

#: The statuses of this dialect, in the seed's order; CANCELLED counts as FAILED.
STATUSES = tuple(status for status in Status if status is not Status.CANCELLED)


class Submission(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``POST tools/ID``."""

    fixed_args: dict[str, Any]
    variable_args: list[dict[str, Any]]
    hardware: hardware.Hardware


def submit(call: Call, tool: str) -> Reply:
    """Submit a batch; the answer is its id, as bare text."""
    batch = accept(call, runnable(call, tool))
    return Reply(batch.id.encode(), media_type="text/plain; charset=utf-8")


def listed(call: Call) -> object:
    """List the caller's batches."""
    return [_summary(batch) for batch in own(call)]


def clear(call: Call) -> None:
    """Delete all of the caller's batches."""
    for batch in own(call):
        with suppress(NotFound):  # somebody else was quicker
            call.service.batches.delete(call.who, batch.id)


def show(call: Call, batch: str) -> object:
    """Show a batch and where its jobs stand."""
    found = one(call, batch)
    numbers = counts(found)
    numbers[Status.SUBMITTED] -= found.n_jobs - found.n_made  # those are not submitted yet
    told = {"n_submitted": found.n_made, "submitted_jobs": numbers}
    return single(call, _summary(found) | told)


def delete(call: Call, batch: str) -> None:
    """Delete a batch; what of it still runs is cancelled."""
    call.service.batches.delete(call.who, one(call, batch).id)


def jobs(call: Call, batch: str) -> object:
    """List the jobs of a batch."""
    found = one(call, batch)
    return [_brief(job) for job in _jobs(call, found)]


def job(call: Call, batch: str, job: str) -> object:
    """Show a job of a batch."""
    its_batch = one(call, batch)
    found = call.service.jobs.get(call.who, job)
    if found.batch != its_batch.id:
        raise NotFound(f"The batch has no job {job!r}.", field="job", value=job)
    told = _brief(found)
    return single(
        call,
        {
            "job_id": told["job_id"],
            "log_id": told["log_id"],
            "hardware": hardware.shown(found.options),
            "args": told["args"],
            "status": "FAILED" if found.status is Status.CANCELLED else found.status,
            "reason": found.reason or "",
            "create_time": found.created,
            "start_time": found.started or "",
            "stop_time": found.stopped or "",
        },
    )


def log(call: Call, log: str) -> Reply:
    """Show what a job wrote: its standard output, then its standard error."""
    found = call.service.jobs.get(call.who, log)
    if found.batch is None:
        raise NotFound(f"There is no log {log!r}.", field="log", value=log)
    one(call, found.batch)
    text = "".join(_log(call, log, stream) for stream in ("stdout", "stderr"))
    return Reply(text.encode(), media_type="text/plain; charset=utf-8")


def accept(call: Call, found: Tool) -> Batch:
    """Submit jobs of a tool as the body of a request says; return the batch."""
    asked = call.json(Submission)
    sets = [_typed(found, one) for one in asked.variable_args] or [{}]
    varied = {name for one in sets for name in one}
    fixed = _typed(found, asked.fixed_args)
    overlaid = {name: value for name, value in fixed.items() if name in varied}
    return call.service.batches.submit(
        call.who,
        BatchRequest(
            target=Target(tool=found.id),
            arguments=[overlaid | one for one in sets],
            fixed={name: value for name, value in fixed.items() if name not in varied},
            options=hardware.options_of(call, asked.hardware),
        ),
    )


def own(call: Call) -> list[Batch]:
    """Return all batches of tools that are the caller's own, whatever else the caller may see."""
    found: list[Batch] = []
    cursor = None
    while True:
        page = call.service.batches.list(call.who, _PAGE, cursor)
        found += [batch for batch in page.items if _is_own(call, batch)]
        cursor = page.next
        if cursor is None:
            return found


def one(call: Call, batch: str) -> Batch:
    """Return a batch of the caller's own; `NotFound` for any other."""
    found = call.service.batches.get(call.who, batch)
    if not _is_own(call, found):
        raise NotFound(f"There is no batch {batch!r}.", field="batch", value=batch)
    return found


def counts(batch: Batch) -> dict[str, int]:
    """Return how many jobs stand where, in seven statuses."""
    found = {str(status): batch.counts[status] for status in STATUSES}
    found[Status.FAILED] += batch.counts[Status.CANCELLED]
    return found


def single(call: Call, told: dict[str, Any]) -> object:
    """Return an object as it is, or in the list that the seed's pages print around it."""
    return [told] if call.options.lists else told


def _is_own(call: Call, batch: Batch) -> bool:
    return batch.owner == call.who.owner and batch.target.kind == "tool"


def _summary(batch: Batch) -> dict[str, Any]:
    return {
        "batch_id": batch.id,
        "tool_id": batch.target.name,
        "n_jobs": batch.n_jobs,
        "hardware": hardware.shown(batch.options),
    }


def _jobs(call: Call, batch: Batch) -> Iterator[Job]:
    cursor = None
    while True:
        query = JobQuery(limit=_PAGE, cursor=cursor)
        page = call.service.batches.jobs(call.who, batch.id, query)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _brief(job: Job) -> dict[str, Any]:
    args = {name: _text(value) for name, value in job.arguments.items()}
    return {"job_id": job.id, "log_id": job.id, "args": args}


def _text(value: Any) -> str:
    """Return an argument as the variable that the job gets it as."""
    return value if isinstance(value, str) else json.dumps(value)


def _typed(tool: Tool, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of the types that a tool declares: this dialect's are all text."""
    return {name: _as_declared(tool, name, value) for name, value in given.items()}


def _as_declared(tool: Tool, name: str, value: Any) -> Any:
    if name in tool.inputs:
        return value
    declared = tool.parameters.get(name)
    if declared is None or declared.type == "string":
        return _text(value)
    if isinstance(value, str):
        if declared.type == "boolean" and value.lower() in _TRUTH:
            return _TRUTH[value.lower()]
        return _read(value, declared)
    return value


def _read(text: str, declared: ToolParameter) -> Any:
    """Return what a text says as JSON, or the text: the tool may want that, or refuses it.

    Where any type will do, it is read only if the job is told the same: 1.50 stays so.
    """
    try:
        found = msgspec.json.decode(text)
        told = _text(found)
    except (msgspec.DecodeError, RecursionError):
        return text
    return text if declared.type is UNSET and told != text else found


def _log(call: Call, job: str, stream: str) -> str:
    pieces: list[str] = []
    offset = 0
    for _ in range(_LONGEST_LOG):
        chunk = call.service.logs.read(call.who, job, stream, offset=offset, limit=_LOG_PIECE)
        pieces.append(chunk.text)
        if chunk.next in (offset, chunk.size):
            return "".join(pieces)
        offset = chunk.next
    return f"{''.join(pieces)}\n[{chunk.size - offset} more bytes of {stream}]\n"
