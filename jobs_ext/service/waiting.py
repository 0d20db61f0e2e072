"""Why a job waits: worked out when it is read, never stored."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection

from ..model.clock import from_epoch
from ..model.reasons import ReasonCode
from ..model.status import Status
from ..store import waiting as facts
from ..store.faults import is_short
from ..store.jobs import JobRow
from .hints import listed

Reason = tuple[str, str]


class _Facts(Struct, frozen=True):
    now: float
    ranks: dict[int, int]
    unmet: dict[int, list[str]]
    active: dict[int, int]
    short_of_room: bool


def reasons(connection: Connection, rows: Sequence[JobRow], root: Path) -> dict[int, Reason]:
    """Return, by pk, code and sentence of why each waiting job of `rows` waits.

    `root` is the data directory.
    """
    queued = [row for row in rows if row.status == Status.RUNNABLE]
    pending = [row.pk for row in rows if row.status == Status.PENDING]
    limited = {row.batch_pk for row in queued if row.max_running and row.batch_pk}
    known = _Facts(
        now=time.time(),
        ranks=facts.ranks(connection) if queued else {},
        unmet=facts.unmet(connection, pending) if pending else {},
        active=facts.active_in(connection, sorted(limited)) if limited else {},
        short_of_room=bool(queued) and is_short(root),
    )
    found = {row.pk: _queued(row, known) for row in queued}
    return found | {row.pk: _pending(row, known) for row in rows if row.status == Status.PENDING}


def _queued(row: JobRow, known: _Facts) -> Reason:
    if known.short_of_room:
        return ReasonCode.WAITING_DISK, "waiting for room on the disk of the data directory"
    if row.not_before and row.not_before > known.now:
        return _back_off(row)
    if row.max_running and known.active.get(row.batch_pk, 0) >= row.max_running:
        return (
            ReasonCode.WAITING_BATCH,
            f"waiting for its batch, which runs at most {_jobs(row.max_running)} at once",
        )
    ahead = known.ranks.get(row.pk)
    if ahead is None:
        place = f"more than {facts.RANKS} jobs are ahead"
    else:
        place = f"{_jobs(ahead)} {'is' if ahead == 1 else 'are'} ahead" if ahead else "it is next"
    return ReasonCode.WAITING_SLOTS, f"waiting for a free slot: {place}"


def _pending(row: JobRow, known: _Facts) -> Reason:
    if row.held:
        return ReasonCode.HELD, "held; release it to go on"
    if names := known.unmet.get(row.pk):
        return ReasonCode.WAITING_JOBS, f"waits for {_jobs(len(names))}: {listed(names)}"
    if row.not_before and row.not_before > known.now:
        return _back_off(row)
    return ReasonCode.WAITING_SLOTS, "about to be queued"


def _back_off(row: JobRow) -> Reason:
    return ReasonCode.WAITING_RETRY, f"next try at {from_epoch(row.not_before)[11:19]} UTC"


def _jobs(number: int) -> str:
    return f"{number} job" if number == 1 else f"{number} jobs"
