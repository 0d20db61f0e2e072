"""The runner's side: what to run next, and what became of it. Knows no principal."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection

from ..model.clock import now
from ..model.status import Stage, Status
from ..model.work import ActiveWork, Change, Lane, Started, Work
from ..store import batches as batch_rows
from ..store import queue as rows
from ..store.changes import Changes
from ..store.jobs import JobRow
from .claim import Claim
from .core import Core
from .materialize import materialize
from .moves import GROUP, promote
from .outcomes import Outcomes
from .work import to_work

_NO_DEPTHS: Mapping[str, int] = MappingProxyType({})


class Queue:
    """What the runner asks and tells."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def materialize(self, limit: int = GROUP) -> int:
        """Make up to `limit` jobs of the oldest batch that lacks some; return how many."""
        with self._store.read() as connection:
            if batch_rows.unmade(connection) is None:
                return 0
        with self._store.write() as tx:
            return materialize(self._core, tx, limit)

    def promote(self) -> int:
        """Let PENDING jobs go on that wait for nothing more; return how many were moved."""
        with self._store.read() as connection:
            if not rows.any_pending(connection):
                return 0
            if not rows.ready(connection, time.time(), 1) and not rows.doomed(connection, 1):
                return 0
        with self._store.write(poke=("servers",)) as tx:
            return promote(tx)

    def claim(
        self,
        cpu: float,
        memory: int,
        limit: int,
        depths: Mapping[str, int] = _NO_DEPTHS,
        lanes: Iterable[Lane] = (),
    ) -> list[Work]:
        """Take the next jobs that fit into the free cores and bytes, by priority then age.

        Jobs of a batch for which `depths` says how many one lane may hold also queue up behind
        one another, in new lanes and in these `lanes`, which hold their share already.
        """
        with self._store.read() as connection:
            lane_of = Claim(cpu, memory, limit, depths, lanes).choose(connection)
        if not lane_of:
            return []
        with self._store.write(poke=("servers",)) as tx:
            claimed = _move_to_starting(tx, list(lane_of))
            numbers = _begin_attempts(tx, claimed)
            fresh = rows.by_pks(tx, [row.pk for row in claimed])
            return to_work(self._core, tx, fresh, numbers, lane_of)

    def apply(self, changes: list[Change]) -> None:
        """Write what became of attempts, in one transaction.

        A change for an attempt that has ended already is ignored.
        """
        with self._store.write(poke=("servers",)) as tx:
            Outcomes(tx, self._core.specs, changes).write()

    def active(self) -> list[ActiveWork]:
        """Return the attempts that are STARTING or RUNNING, with what is known of their start."""
        with self._store.read() as connection:
            found = rows.active(connection)
            tries = rows.last_attempts(connection, [row.pk for row in found])
            numbers = {pk: attempt.number for pk, attempt in tries.items()}
            work = to_work(self._core, connection, found, numbers, {})
            starts = [_started(row, tries[row.pk]) for row in found]
            return [ActiveWork(w, s) for w, s in zip(work, starts, strict=True)]

    def cancels(self) -> list[tuple[str, int]]:
        """Return job and attempt of those under way that someone asked to cancel."""
        with self._store.read() as connection:
            found = [row for row in rows.active(connection) if row.cancel_requested]
            tries = rows.last_attempts(connection, [row.pk for row in found])
            return [(row.id, tries[row.pk].number) for row in found]

    def next_due(self) -> float | None:
        """Return the epoch of the earliest end of a back-off, if one is to come."""
        with self._store.read() as connection:
            return rows.next_due(connection, time.time())


def _move_to_starting(tx: Connection, chosen: list[int]) -> list[JobRow]:
    """Move jobs to STARTING and return their rows as they were, without those no longer there."""
    claimed = [row for row in rows.by_pks(tx, chosen) if row.status == Status.RUNNABLE]
    changes = Changes(tx)
    for row in claimed:
        changes.move(row, Status.STARTING, stage=Stage.STAGING, not_before=None, progress=None)
    changes.flush()
    return claimed


def _begin_attempts(tx: Connection, claimed: list[JobRow]) -> dict[int, int]:
    """Add the next attempt of each job and return its number by pk."""
    before = rows.last_attempts(tx, [row.pk for row in claimed])
    numbers = {row.pk: before[row.pk].number + 1 if row.pk in before else 1 for row in claimed}
    claimed_at = now()
    rows.add_attempts(
        tx,
        [
            {"job_pk": pk, "number": n, "status": str(Status.STARTING), "claimed": claimed_at}
            for pk, n in numbers.items()
        ],
    )
    return numbers


def _started(row: JobRow, attempt: rows.AttemptRow) -> Started | None:
    if attempt.start is None:
        return None
    return Started(
        job=row.id,
        attempt=attempt.number,
        time=attempt.start,
        pid=attempt.pid,
        process_start=attempt.process_start,
        monotonic=attempt.monotonic,
        boot_id=attempt.boot_id,
        host=attempt.host,
    )
