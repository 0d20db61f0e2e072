"""The runner's side: what to run next, and what became of it. Knows no principal."""

from __future__ import annotations

import time
from collections import Counter

from sqlalchemy import Connection

from ..model.clock import now
from ..model.status import Status
from ..model.work import ActiveWork, Change, Started, Work
from ..store import batches as batch_rows
from ..store import queue as rows
from ..store import waiting
from ..store.changes import Changes
from ..store.jobs import JobRow
from .core import Core
from .materialize import materialize
from .moves import promote
from .outcomes import Outcomes
from .work import to_work

_GROUP = 500
_LEAST_CPU = 1e-9  # less than this left of a core is a rounding error


class Queue:
    """What the runner asks and tells."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def materialize(self, limit: int = _GROUP) -> int:
        """Make up to `limit` jobs of the oldest batch that lacks some; return how many."""
        with self._store.read() as connection:
            if batch_rows.unmade(connection) is None:
                return 0
        with self._store.write() as tx:
            return materialize(self._core, tx, limit)

    def promote(self) -> int:
        """Let PENDING jobs go on that wait for nothing more; return how many were moved."""
        with self._store.read() as connection:
            if not rows.ready(connection, time.time(), 1) and not rows.doomed(connection, 1):
                return 0
        with self._store.write(poke=("servers",)) as tx:
            return promote(tx, _GROUP)

    def claim(self, cpu: float, memory: int, limit: int) -> list[Work]:
        """Take the next jobs that fit into the free cores and bytes, by priority then age."""
        claim = _Claim(cpu, memory, limit)
        with self._store.read() as connection:
            if limit < 1 or not claim.candidates(connection):
                return []
        with self._store.write(poke=("servers",)) as tx:
            claimed = claim.take(tx)
            numbers = _begin_attempts(tx, claimed)
            fresh = rows.by_pks(tx, [row.pk for row in claimed])
            return to_work(self._core, tx, fresh, numbers)

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
            work = to_work(self._core, connection, found, numbers)
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


class _Claim:
    """Taking jobs as long as they fit; one that does not fit is passed over."""

    def __init__(self, cpu: float, memory: int, limit: int) -> None:
        self._cpu = cpu + _LEAST_CPU
        self._memory = memory
        self._left = limit
        self._running: Counter[int] = Counter()  # of batches that limit it
        self._full: set[int] = set()

    def candidates(self, connection: Connection) -> list[JobRow]:
        """Return the next jobs that fit one by one."""
        return rows.runnable(
            connection,
            cpu=self._cpu,
            memory=self._memory,
            now=time.time(),
            not_in=self._full,
            limit=self._left,
        )

    def take(self, tx: Connection) -> list[JobRow]:
        """Move jobs to STARTING until nothing more fits; return their rows as they were."""
        taken: list[JobRow] = []
        while self._left > 0 and (found := self.candidates(tx)):
            self._count_running(tx, found)
            full_before = len(self._full)
            fitting = [row for row in found if self._fits(row)]
            _move_to_starting(tx, fitting)
            taken += fitting
            if len(fitting) == len(found) < self._left + len(fitting):
                break
            if not fitting and len(self._full) == full_before:
                break
        return taken

    def _count_running(self, tx: Connection, found: list[JobRow]) -> None:
        limited = {row.batch_pk for row in found if row.max_running and row.batch_pk}
        unknown = limited - self._running.keys()
        if unknown:
            known = waiting.active_in(tx, sorted(unknown))
            self._running.update({pk: known.get(pk, 0) for pk in unknown})

    def _fits(self, row: JobRow) -> bool:
        limited = row.max_running if row.batch_pk else None
        if limited and self._running[row.batch_pk] >= limited:
            self._full.add(row.batch_pk)
            return False
        if self._left < 1 or row.cpu > self._cpu or (row.memory or 0) > self._memory:
            return False
        self._left -= 1
        self._cpu -= row.cpu
        self._memory -= row.memory or 0
        if limited:
            self._running[row.batch_pk] += 1
        return True


def _move_to_starting(tx: Connection, claimed: list[JobRow]) -> None:
    changes = Changes(tx)
    for row in claimed:
        changes.move(row, Status.STARTING, stage="staging", not_before=None, progress=None)
    changes.flush()


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
