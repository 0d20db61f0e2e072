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
from ..store.jobs import Need
from .accept import first_status
from .core import Core
from .references import OUTPUT, OutputReference, references

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
    "line",
)


def materialize(core: Core, tx: Connection, limit: int) -> int:
    """Make up to `limit` jobs of the oldest batch that lacks some; return how many."""
    batch = batch_rows.unmade(tx)
    if batch is None:
        return 0
    texts = [_arguments(batch, line) for line in batch_rows.argument_sets(tx, batch, limit)]
    needed = _needed(core, tx, batch, texts)
    made = now()
    shared = _shared(batch, made)
    rows = [
        shared
        | {
            "id": new_id(),
            "name": f"{batch.name}[{index}]",
            "batch_index": index,
            "arguments": text,
        }
        for index, text in enumerate(texts, batch.made)
    ]
    for row, waits_for in zip(rows, needed, strict=True):
        row.setdefault("status", first_status(batch.held, waits_for))
    job_rows.make(tx, rows, needed, made)
    batch_rows.set_columns(tx, batch.pk, made=batch.made + len(rows))
    return len(rows)


def _arguments(batch: BatchRow, line: str) -> str:
    """Return an argument set and the fixed ones as one JSON object; they share no names."""
    if line == "{}" or batch.fixed == "{}":
        return str(batch.fixed) if line == "{}" else line
    return f"{line[:-1]},{batch.fixed[1:]}"


def _needed(core: Core, tx: Connection, batch: BatchRow, texts: list[str]) -> list[list[Need]]:
    """Return the jobs that each of the new ones waits for."""
    options = core.specs.load(tx, [batch.spec])[batch.spec].options
    succeeded = [{*options.after, *_referred(text)} for text in texts]
    found = job_rows.by_ids(tx, {*options.after_ended}.union(*succeeded))
    return [
        [Need(found[job_id]) for job_id in some]
        + [Need(found[job_id], ended=True) for job_id in {*options.after_ended} - some]
        for some in succeeded
    ]


def _referred(text: str) -> list[str]:
    if f'"{OUTPUT}"' not in text:
        return []
    given = references(msgspec.json.decode(text), "")
    return [r.job for r in given if isinstance(r, OutputReference)]


def _shared(batch: BatchRow, made: str) -> dict[str, Any]:
    """Return the columns that are the same for all jobs of a batch."""
    values = dict(batch._mapping) | {"batch_pk": batch.pk, "batch": batch.id}
    shared = {name: values[name] for name in _SHARED}
    if not batch.cancel_requested:
        return shared | {"reason_code": None, "reason": None, "stopped": None}
    return shared | {
        "status": str(Status.CANCELLED),
        "reason_code": str(ReasonCode.CANCELLED),
        "reason": "its batch was cancelled",
        "stopped": made,
    }
