"""Changing the place of jobs that wait: their priority, and whether they are held."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection

from ..model.errors import Conflict
from ..model.request import JobChange
from ..model.status import ACTIVE, Status
from ..store import lines
from ..store.batches import BatchRow
from ..store.changes import Changes
from ..store.contents import put_spec
from ..store.jobs import JobRow
from .core import Core
from .options import check_description, check_number


def describe(tx: Connection, row: JobRow, description: str) -> None:
    """Let a job be described by other words."""
    check_description(description, "description")
    changes = Changes(tx)
    changes.note(row, "changed", data={"description": description}, description=description)
    changes.flush()


def change_job(core: Core, tx: Connection, row: JobRow, wanted: JobChange) -> None:
    """Give a job that waits another priority, hold it or release it; `Conflict` for others."""
    status = Status(row.status)
    if status.final or status in ACTIVE:
        raise Conflict(
            f"The job is {status}; only one that waits can be changed.", field="id", value=row.id
        )
    changes = Changes(tx)
    if wanted.priority is not None:
        columns = _with_priority(core, tx, row.line, row.spec, wanted.priority)
        changes.note(row, "changed", data={"priority": wanted.priority}, **columns)
    if wanted.hold and not row.held:
        changes.note(row, "held", held=True)
        if status is Status.RUNNABLE:
            changes.move(row, Status.PENDING)
    if wanted.hold is False and row.held:
        changes.note(row, "released", held=False)
    changes.flush()


def change_batch(core: Core, tx: Connection, row: BatchRow, priority: int) -> dict[str, Any]:
    """Give the jobs of a batch that wait another priority; return the batch's columns."""
    columns = _with_priority(core, tx, row.line, row.spec, priority)
    for line, spec in lines.kinds_in_batch(tx, row.pk):
        lines.move_in_batch(tx, row.pk, line, spec, _with_priority(core, tx, line, spec, priority))
    return columns


def _with_priority(
    core: Core, tx: Connection, line: int, spec: str, priority: int
) -> dict[str, Any]:
    """Return the columns of jobs that stand in `line`, with another priority."""
    check_number("priority", priority, "priority")
    known = core.specs.load(tx, [spec])[spec]
    options = msgspec.structs.replace(known.options, priority=priority)
    return {
        "priority": priority,
        "line": lines.place(tx, lines.facts(tx, line) | {"priority": priority}),
        "spec": put_spec(tx, msgspec.structs.replace(known, options=options)),
    }
