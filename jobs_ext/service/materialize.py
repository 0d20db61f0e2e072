"""Making the jobs of a batch, a group at a time."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection

from ..model.clock import now
from ..model.ids import new_id
from ..model.reasons import ReasonCode
from ..model.status import Status
from ..store import batches as batch_rows
from ..store import jobs as job_rows
from ..store.batches import BatchRow
from ..store.jobs import JobRow
from .accept import first_status
from .core import Core
from .references import OutputReference, references

_SHARED = (
    "kind",
    "target_name",
    "tool",
    "tool_name",
    "owner",
    "project",
    "spec",
    "priority",
    "cpu",
    "memory",
    "timeout",
    "max_running",
    "held",
    "batch_pk",
    "batch",
    "deleted",
)


def materialize(core: Core, tx: Connection, limit: int) -> int:
    """Make up to `limit` jobs of the oldest batch that lacks some; return how many."""
    batch = batch_rows.unmade(tx)
    if batch is None:
        return 0
    lines = batch_rows.argument_sets(tx, batch, limit)
    sets = [_arguments(batch, line) for line in lines]
    needed = _needed(core, tx, batch, sets)
    made = now()
    rows = [
        _row(batch, batch.made + place, given, waits_for, made)
        for place, (given, waits_for) in enumerate(zip(sets, needed, strict=True))
    ]
    job_rows.make(tx, rows, [[n.pk for n in waits_for] for waits_for in needed], made)
    batch_rows.set_columns(tx, batch.pk, made=batch.made + len(rows))
    return len(rows)


def _arguments(batch: BatchRow, line: str) -> dict[str, Any]:
    fixed: dict[str, Any] = msgspec.json.decode(batch.fixed)
    entry: dict[str, Any] = msgspec.json.decode(line)
    return entry | fixed


def _needed(
    core: Core, tx: Connection, batch: BatchRow, sets: list[dict[str, Any]]
) -> list[list[JobRow]]:
    """Return the jobs that each of the new ones waits for."""
    after = core.specs.load(tx, [batch.spec])[batch.spec].options.after
    ids = [dict.fromkeys([*after, *_referred(given)]) for given in sets]
    found = job_rows.by_ids(tx, {job_id for some in ids for job_id in some})
    return [[found[job_id] for job_id in some] for some in ids]


def _referred(given: dict[str, Any]) -> list[str]:
    return [r.job for r in references(given, "") if isinstance(r, OutputReference)]


def _row(
    batch: BatchRow, index: int, given: dict[str, Any], needed: list[JobRow], made: str
) -> dict[str, Any]:
    values = dict(batch._mapping) | {"batch_pk": batch.pk, "batch": batch.id}
    row = {name: values[name] for name in _SHARED} | {
        "id": new_id(),
        "name": f"{batch.name}[{index}]",
        "batch_index": index,
        "arguments": msgspec.json.encode(given).decode(),
        "status": first_status(batch.held, needed),
        "reason_code": None,
        "reason": None,
        "stopped": None,
    }
    if batch.cancel_requested:
        row |= {
            "status": Status.CANCELLED,
            "reason_code": str(ReasonCode.CANCELLED),
            "reason": "its batch was cancelled",
            "stopped": made,
        }
    return row
