"""Agave's states and ours: one table, read both ways.

Agave tells apart what passes here in a moment, so a history shows such states as passed at once.
Every move that this table can show is a legal one of Agave's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ...model.filters import And, Compare, Filter, In, IsNull, Not, Or
from ...model.job import Event, Job
from ...model.notification import ARCHIVE_FAILED, ARCHIVED
from ...model.status import Stage, Status


class State(NamedTuple):
    """One of Agave's states: of which status and stage of ours it is the word, and what it says."""

    name: str
    status: Status | None  # None: nothing here is ever in it; it only passes
    stage: Stage | None
    says: str


#: In the order in which a job goes through them. A stage that no row names does not matter.
TABLE = (
    State("PENDING", Status.SUBMITTED, None, "Job accepted and queued for submission."),
    State("PENDING", Status.PENDING, None, "Job accepted and queued for submission."),
    State("PENDING", Status.RUNNABLE, None, "Job accepted and queued for submission."),
    State("PROCESSING_INPUTS", None, None, "Identifying input files for staging."),
    State("STAGING_INPUTS", Status.STARTING, None, "Copying inputs to the job's folder."),
    State("STAGED", None, None, "Job inputs are in place."),
    State("SUBMITTING", None, None, "Preparing job for execution."),
    State("QUEUED", None, None, "Job waits in the queue."),
    State("CLEANING_UP", Status.RUNNING, Stage.COLLECTING, "Job completed execution."),
    State("ARCHIVING", Status.RUNNING, Stage.ARCHIVING, "Archiving the job's outputs."),
    State("RUNNING", Status.RUNNING, None, "Job started running."),
    State("ARCHIVING_FINISHED", None, None, "The job's outputs were archived."),
    State("ARCHIVING_FAILED", None, None, "The job's outputs could not be archived."),
    State("FINISHED", Status.SUCCEEDED, None, "Job complete."),
    State("FAILED", Status.FAILED, None, "Job failed."),
    State("STOPPED", Status.CANCELLED, None, "Job was stopped."),
    State("KILLED", None, None, "Job was killed."),
    State("PAUSED", None, None, "Job is paused."),
)
NAMES = tuple(dict.fromkeys(state.name for state in TABLE))
_SAYS = {state.name: state.says for state in TABLE}
_NAME: dict[tuple[str | None, str | None], str] = {
    (state.status, state.stage): state.name for state in TABLE
}
_WAITING = (Status.SUBMITTED, Status.PENDING, Status.RUNNABLE)
#: What lies between two statuses: said as passed when the second is reached.
_PASSED = {
    Status.STARTING: ("PROCESSING_INPUTS",),
    Status.RUNNING: ("STAGED", "SUBMITTING", "QUEUED"),
    Status.SUCCEEDED: ("CLEANING_UP",),
}
_OF_EVENT = {
    "deleted": ("DELETED", "Job was deleted."),
    "reinstated": ("RESTORED", "Job was restored."),
    "granted": ("PERMISSION_GRANT", "Permission was granted."),
    "revoked": ("PERMISSION_REVOKE", "Permission was revoked."),
}
_NAME_OF_OTHERS = {event.upper(): name for event, (name, _) in _OF_EVENT.items()} | {
    ARCHIVED: "ARCHIVING_FINISHED",
    ARCHIVE_FAILED: "ARCHIVING_FAILED",
}


def state_of(job: Job) -> str:
    """Return the state of a job; one that is tried again is QUEUED until it runs."""
    before = 1 if job.status is Status.STARTING else 0
    again = job.status in (*_WAITING, Status.STARTING) and len(job.attempts) > before
    return "QUEUED" if again else _name(job.status, job.stage)


def _name(status: str, stage: str | None) -> str:
    return _NAME.get((status, stage)) or _NAME[status, None]


def name_of(event: str) -> str:
    """Return Agave's word for an event of a notification: a status, or another that it knows."""
    return _NAME.get((event, None)) or _NAME_OF_OTHERS.get(event, event)


def filter_of(state: str) -> Filter:
    """Return the filter that finds the jobs in a state; nothing, for one that only passes."""
    rows = [row for row in TABLE if row.name == state and row.status is not None]
    tests = [_test(row) for row in rows]
    if state == "QUEUED":
        tests = [And([In("status", [*_WAITING]), Compare("attempts", ">", 0)])]
        tests += [And([Compare("status", "=", Status.STARTING), Compare("attempts", ">", 1)])]
    return Or(tests) if tests else And([IsNull("id")])


def _test(row: State) -> Filter:
    is_it = Compare("status", "=", str(row.status))
    if row.stage is not None:
        return And([is_it, Compare("stage", "=", row.stage)])
    if row.status in (*_WAITING, Status.STARTING):
        most = 1 if row.status is Status.STARTING else 0
        return And([is_it, Compare("attempts", "<=", most)])
    others = [one.stage for one in TABLE if one.status == row.status and one.stage is not None]
    return And([is_it, Not(In("stage", [*others]))]) if others else is_it


class Entry(NamedTuple):
    """A line of a history."""

    status: str
    time: str
    says: str
    by: str | None


def history_of(events: Iterable[Event]) -> list[Entry]:
    """Return a history as Agave tells it, oldest first; each state that was passed is in it."""
    found: list[Entry] = []
    running = False
    archived = False
    for event in events:
        if event.type in _OF_EVENT:
            name, says = _OF_EVENT[event.type]
            found.append(Entry(name, event.time, says, event.data.get("by")))
        elif event.type == "submitted":
            found += _lines(["PENDING"], event)
        elif event.type == "stage":
            stage = event.data["stage"]
            archived = archived or stage == Stage.ARCHIVING
            passed = ["CLEANING_UP"] if archived and found[-1].status != "CLEANING_UP" else []
            found += _lines([*passed, _name(Status.RUNNING, stage)], event)
        elif event.type == "status":
            status = Status(event.data["status"])
            passed = _passed(status, running=running, archived=archived)
            running = running or status is Status.RUNNING
            found += _lines([*passed, _shown(status, running=running)], event)
    return [
        one
        for n, one in enumerate(found)
        if n == 0 or one.status != found[n - 1].status or one.status not in NAMES
    ]


def _passed(status: Status, *, running: bool, archived: bool) -> list[str]:
    if status is Status.SUCCEEDED and archived:
        return ["ARCHIVING_FINISHED"]
    if status is Status.FAILED and archived:
        return ["ARCHIVING_FAILED"]
    again = running and status in (Status.STARTING, Status.RUNNING)
    return [] if again else [*_PASSED.get(status, ())]


def _shown(status: Status, *, running: bool) -> str:
    again = running and status in (*_WAITING, Status.STARTING)
    return "QUEUED" if again else _name(status, None)


def _lines(names: Iterable[str], event: Event) -> list[Entry]:
    reason = event.data.get("reason")
    return [Entry(name, event.time, _said(name, reason), event.data.get("by")) for name in names]


def _said(name: str, reason: str | None) -> str:
    return f"{_SAYS[name]} {reason[:1].upper()}{reason[1:]}." if reason else _SAYS[name]
