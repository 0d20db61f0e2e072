"""Making the jobs of a batch, a group at a time."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from ..model.clock import now
from ..model.ids import new_id
from ..model.reasons import ReasonCode
from ..model.request import Options
from ..model.status import Status
from ..store import batches as batch_rows
from ..store import jobs as job_rows
from ..store.batches import BatchRow
from ..store.jobs import Need
from .accept import first_status
from .core import Core
from .references import OUTPUT, OutputReference, references
from .reuse import REUSE, Taken, keep, note_keys, take_over

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


_GONE = "job {}, which it needs, is gone"


def materialize(core: Core, tx: Connection, limit: int) -> int:
    """Make up to `limit` jobs of the oldest batch that lacks some; return how many."""
    batch = batch_rows.unmade(tx)
    if batch is None:
        return 0
    texts = [_arguments(batch, line) for line in batch_rows.argument_sets(tx, batch, limit)]
    needed = _needed(core, tx, batch, texts)
    made = now()
    spec = core.specs.load(tx, [batch.spec])[batch.spec]
    shared = _shared(batch, made) | {
        "description": spec.options.description,
        "notebook": spec.context.origin.notebook,
    }
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
        if waits_for.gone and not batch.cancel_requested:
            row |= _cancelled(ReasonCode.DEPENDENCY_FAILED, _GONE.format(waits_for.gone[0]), made)
        row.setdefault("status", first_status(batch.held, waits_for.jobs))
    taken = _taken_over(core, tx, batch, rows, made)
    ended = {one.row["id"] for one in taken}
    waits = [[] if row["id"] in ended else one.jobs for row, one in zip(rows, needed, strict=True)]
    job_rows.make(tx, rows, waits, made)
    keep(tx, taken)
    batch_rows.set_columns(tx, batch.pk, made=batch.made + len(rows))
    return len(rows)


def _options(core: Core, tx: Connection, batch: BatchRow) -> Options:
    return core.specs.load(tx, [batch.spec])[batch.spec].options


def _taken_over(
    core: Core, tx: Connection, batch: BatchRow, rows: list[dict[str, Any]], made: str
) -> list[Taken]:
    """Return those of the new jobs that take over the results of equal ones."""
    spec = core.specs.load(tx, [batch.spec])[batch.spec]
    if spec.options.cache != REUSE:
        return []
    note_keys(spec, rows)
    return take_over(tx, core.store.paths, rows, made)


def _arguments(batch: BatchRow, line: str) -> str:
    """Return an argument set and the fixed ones as one JSON object; they share no names."""
    if line == "{}" or batch.fixed == "{}":
        return str(batch.fixed) if line == "{}" else line
    return f"{line[:-1]},{batch.fixed[1:]}"


class _Waits(Struct, frozen=True):
    """What a new job waits for."""

    jobs: list[Need]
    gone: list[str]  # ids of jobs that must succeed, and of which nothing is left


def _needed(core: Core, tx: Connection, batch: BatchRow, texts: list[str]) -> list[_Waits]:
    """Return what each of the new ones waits for."""
    options = _options(core, tx, batch)
    ended = {*options.after_ended}
    succeeded = [{*options.after, *_referred(text)} for text in texts]
    found = job_rows.by_ids(tx, ended.union(*succeeded))
    return [
        _Waits(
            [Need(found[one], ended=one not in some) for one in some | ended if one in found],
            sorted(some - found.keys()),
        )
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
    return shared | _cancelled(ReasonCode.CANCELLED, "its batch was cancelled", made)


def _cancelled(code: ReasonCode, reason: str, made: str) -> dict[str, str]:
    """Return the columns of a job that ends as soon as it is made."""
    status = str(Status.CANCELLED)
    return {"status": status, "reason_code": str(code), "reason": reason, "stopped": made}
