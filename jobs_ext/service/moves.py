"""Moves of jobs that more than one verb makes."""

from __future__ import annotations

import time
from textwrap import shorten

from sqlalchemy import Connection

from ..model.clock import now
from ..model.reasons import ReasonCode
from ..model.status import ACTIVE, Status
from ..store import queue as rows
from ..store.changes import Changes
from ..store.jobs import JobRow

GROUP = 500  # jobs moved in one transaction
_LONGEST_REASON = 120  # characters of the reason of a job that others need


def cancel(changes: Changes, row: JobRow, reason: str) -> None:
    """Cancel a job: at once when it waits, by request when it runs; nothing when it has ended."""
    status = changes.status(row)
    if status.final:
        return
    if status not in ACTIVE:
        finish(changes, row, Status.CANCELLED, ReasonCode.CANCELLED, reason)
    elif row.cancel_requested is None:
        changes.note(row, "cancel_requested", cancel_requested=now())


def finish(
    changes: Changes, row: JobRow, status: Status, code: str | None, reason: str | None
) -> None:
    """End a job that no attempt is under way of."""
    stopped = now()
    changes.move(
        row,
        status,
        time=stopped,
        data={"reason_code": code, "reason": reason},
        stopped=stopped,
        stage=None,
        reason_code=code,
        reason=reason,
        not_before=None,
    )


def promote(tx: Connection, limit: int = GROUP) -> int:
    """Let PENDING jobs go on that have nothing left to wait for; end those that wait in vain."""
    changes = Changes(tx)
    for row, needed in rows.doomed(tx, limit):
        reason = f"{needed.name}, which it needs, {_fate(needed)}"
        finish(changes, row, Status.CANCELLED, ReasonCode.DEPENDENCY_FAILED, reason)
    for row in rows.ready(tx, time.time(), limit):
        changes.move(row, Status.RUNNABLE, not_before=None)
    return changes.flush()


def _fate(needed: rows.Needed) -> str:
    """Say how a job that did not succeed ended, and why, shortly."""
    why = shorten(needed.reason or "", _LONGEST_REASON, placeholder=" …")
    how = "was cancelled" if needed.status == Status.CANCELLED else "failed"
    return f"{how}: {why}" if why else how
