"""Letting jobs that FAILED run once more: new attempts of the same jobs (UFDL's reset)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from ..model.errors import Conflict
from ..model.status import Status
from ..model.tool import Tool
from ..store import failures
from ..store import jobs as job_rows
from ..store.batches import BatchRow, set_columns
from ..store.changes import Changes
from ..store.jobs import JobRow
from .core import Core
from .policy import check_unfinished
from .principal import Principal

#: The columns of a job that is to run once more.
ANEW = dict.fromkeys(
    (
        *("reason_code", "reason", "progress", "started", "stopped", "cancel_requested"),
        *("not_before", "node"),
    )
)
_PIECE = 500  # jobs of a batch in one transaction, so that others get their turn between


def reset_jobs(core: Core, tx: Connection, who: Principal, rows: Sequence[JobRow]) -> None:
    """Begin a new attempt of each of these jobs of one owner, which are FAILED."""
    for row in {row.spec: row for row in rows}.values():
        _check_tool(core, tx, who, row)
    if rows:
        check_unfinished(tx, core.house.policy, rows[0].owner, len(rows))
    changes = Changes(tx)
    for row in rows:
        changes.move(row, Status.RUNNABLE, **ANEW)
    changes.flush()


def reopened(tx: Connection, row: JobRow) -> JobRow:
    """Let a FAILED job wait again; return its row, with which the transaction goes on."""
    changes = Changes(tx)
    changes.move(row, Status.RUNNABLE, **ANEW)
    changes.flush()
    return job_rows.by_id(tx, row.id)


def reset_batch(core: Core, who: Principal, batch: BatchRow) -> None:
    """Do the same to every job of a batch that FAILED; `Conflict` when there is none."""
    with core.store.read() as connection:
        failed = failures.pks(connection, batch.pk)
    if not failed:
        raise Conflict("No job of the batch FAILED.", field="id", value=batch.id)
    with core.store.write() as tx:
        check_unfinished(tx, core.house.policy, batch.owner, len(failed))
        _reopen(tx, batch)
    for first in range(0, len(failed), _PIECE):
        with core.store.write() as tx:
            reset_jobs(core, tx, who, failures.rows(tx, failed[first : first + _PIECE]))


def _reopen(tx: Connection, batch: BatchRow) -> None:
    """Let a batch that was cancelled be cancelled again."""
    if batch.cancel_requested is None:
        return
    if batch.made < batch.n_jobs:  # the others would run, too
        raise Conflict("The batch is still being cancelled.", field="id", value=batch.id)
    set_columns(tx, batch.pk, cancel_requested=None)


def _check_tool(core: Core, tx: Connection, who: Principal, row: JobRow) -> None:
    """Raise unless the tool of a job may be used now."""
    tool = core.specs.load(tx, [row.spec])[row.spec].tool
    if tool is not None:
        kept = msgspec.convert(tool, Tool)
        core.seen(who).to_use(kept.id, kept)
