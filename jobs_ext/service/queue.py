"""The runner's side: what to run next, and what became of it. Knows no principal."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec import Struct
from sqlalchemy import Connection

from ..model.clock import now
from ..model.status import Stage, Status
from ..model.work import ActiveWork, Change, Free, Lane, Started, Work
from ..store import lines as line_rows
from ..store import queue as rows
from ..store.changes import Changes
from ..store.jobs import JobRow
from .claim import Claim
from .core import Core
from .materialize import materialize
from .moves import GROUP, promote
from .outcomes import LONGEST_BACK_OFF, Outcomes
from .room import Place
from .work import to_work

_NO_DEPTHS: Mapping[str, int] = MappingProxyType({})


class Glance(Struct, frozen=True):
    """What there is to do for the runner, besides starting jobs."""

    unmade: bool  # batches lack jobs
    called_off: bool  # cancelled ones do: jobs that are made only to be CANCELLED
    pending: bool  # jobs wait for others, for a time or for a release
    cancels: list[tuple[str, int]]  # job and attempt of those under way that someone cancelled
    due: float | None  # epoch: the end of the next back-off


class Queue:
    """What the runner asks and tells."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def glance(self) -> Glance:
        """Return what there is to do, in one quick look."""
        present = time.time()
        with self._store.read() as connection:
            seen, cancels = rows.glance(connection, present), rows.to_cancel(connection)
        due = seen.due if seen.due is None else self._end_of_back_off(seen.due, present)
        unmade, called_off = bool(seen.unmade), bool(seen.called_off)
        return Glance(unmade, called_off, bool(seen.pending), cancels, due)

    def _end_of_back_off(self, due: float, present: float) -> float:
        """Return when the next back-off ends, `due` by the store.

        Those further off than any back-off lasts end now: the clock was put back meanwhile.
        """
        latest = present + LONGEST_BACK_OFF
        if due <= latest:
            return due
        with self._store.write(poke=()) as tx:
            rows.bring_forward(tx, present, latest)
        return present

    def materialize(self, limit: int = GROUP) -> int:
        """Make up to `limit` jobs of the oldest batch that lacks some; return how many.

        A cancelled batch comes last: nobody waits for jobs that will not run.
        """
        with self._store.write() as tx:
            return materialize(self._core, tx, limit)

    def promote(self) -> int:
        """Let PENDING jobs go on that wait for nothing more; return how many were moved."""
        with self._store.read() as connection:
            if not rows.ready(connection, time.time(), 1) and not rows.doomed(connection, 1):
                return 0
        with self._store.write(poke=("servers",)) as tx:
            return promote(tx)

    def claim(
        self,
        free: Free,
        limit: int,
        depths: Mapping[str, int] = _NO_DEPTHS,
        lanes: Iterable[Lane] = (),
    ) -> list[Work]:
        """Take the next jobs that fit into what is free; `Claim` says which those are.

        Jobs of a batch for which `depths` says how many one lane may hold also queue up behind
        one another, in new lanes and in these `lanes`, which hold their share already.
        """
        chosen = Claim(free, self._core.house.scheduling, limit, depths, lanes)
        with self._store.read() as connection:
            chosen.choose(connection)
        if not chosen.rows and not chosen.passed:
            return []
        with self._store.write(poke=("servers",)) as tx:
            line_rows.let_pass(tx, chosen.passed, time.time())
            line_rows.take_turns(tx, chosen.turns)
            numbers = _begin(tx, chosen)
            claimed = [row for row in chosen.rows if row.pk in numbers]
            return to_work(self._core, tx, claimed, numbers, chosen.places)

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
            places = {pk: Place("", rows.gpus_of(attempt)) for pk, attempt in tries.items()}
            work = to_work(self._core, connection, found, numbers, places)
            starts = [_started(row, tries[row.pk]) for row in found]
            return [ActiveWork(w, s) for w, s in zip(work, starts, strict=True)]


def _begin(tx: Connection, chosen: Claim) -> dict[int, int]:
    """Move jobs to STARTING, each with a new attempt; return its number by pk.

    Those that are no longer RUNNABLE since they were chosen are left out.
    """
    before = rows.still_runnable(tx, [row.pk for row in chosen.rows])
    changes, claimed_at = Changes(tx), now()
    for row in chosen.rows:
        if row.pk in before:
            changes.move(
                row,
                Status.STARTING,
                time=claimed_at,
                stage=str(Stage.STAGING),
                not_before=None,
                progress=None,
            )
    changes.flush()
    numbers = {pk: number + 1 for pk, number in before.items()}
    rows.add_attempts(
        tx,
        (
            {
                "job_pk": pk,
                "number": n,
                "status": str(Status.STARTING),
                "claimed": claimed_at,
                "gpus": ",".join(chosen.places[pk].gpus) or None,
                "node": None,
            }
            for pk, n in numbers.items()
        ),
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
