"""How long jobs are kept: what would go is shown first; the runner puts it into the trash."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import Connection

from ..model.clock import from_epoch
from ..model.retention import Outlived, Retention
from ..store import retention as rows
from ..store.batches import BatchRow
from ..store.changes import Changes
from ..store.jobs import JobRow
from .batches import Batches
from .core import Core
from .jobs import Jobs
from .principal import Principal

_SHOWN = 100  # jobs, and batches
_STEP = 100  # jobs, and batches, that go in one transaction


class Keeping:
    """Carries out the rules of the server's configuration (`House.retention`)."""

    def __init__(self, core: Core, jobs: Jobs, batches: Batches) -> None:
        self._core = core
        self._store = core.store
        self._jobs = jobs
        self._batches = batches

    @property
    def rules(self) -> Retention:
        """The rules that are carried out."""
        return self._core.house.retention

    def preview(self, who: Principal) -> Outlived:
        """Return what of the caller's would go into the trash now."""
        who.require("read")
        with self._store.read() as connection:
            jobs, batches = self._outlived(connection, who.scope, _SHOWN + 1)
            more_jobs, more_batches = self._excess(connection, _SHOWN + 1)
        ids = [row.id for row in (*jobs, *more_jobs) if who.owns(row.owner)]
        of_batches = [row.id for row in (*batches, *more_batches) if who.owns(row.owner)]
        jobs_, batches_ = list(dict.fromkeys(ids)), list(dict.fromkeys(of_batches))
        return Outlived(
            rules=self.rules,
            jobs=jobs_[:_SHOWN],
            batches=batches_[:_SHOWN],
            more=max(len(jobs_), len(batches_)) > _SHOWN,
        )

    def step(self) -> int:
        """Put some of what has been kept long enough into the trash; return how many things."""
        return self._end_of_time() + self._end_of_room()

    def _end_of_time(self) -> int:
        if not self.rules.keep:
            return 0
        with self._store.read() as connection:
            jobs, batches = self._outlived(connection, None, _STEP)
        if not jobs and not batches:
            return 0
        with self._store.write(poke=("servers",)) as tx:
            self._hide(tx, *self._outlived(tx, None, _STEP))
        return len(jobs) + len(batches)

    def _end_of_room(self) -> int:
        with self._store.read() as connection:  # looks through all outputs: not while writing
            jobs, batches = self._excess(connection, _STEP)
        if not jobs and not batches:
            return 0
        with self._store.write(poke=("servers",)) as tx:
            still = [rows.ended_job(tx, row.pk) for row in jobs]
            of_batches = [rows.ended_batch(tx, row.pk) for row in batches]
            self._hide(
                tx,
                [row for row in still if row is not None],
                [row for row in of_batches if row is not None],
            )
        return len(jobs) + len(batches)

    def _hide(self, tx: Connection, jobs: Sequence[JobRow], batches: Sequence[BatchRow]) -> None:
        changes = Changes(tx)
        for job in jobs:
            self._jobs.hide(changes, job)
        changes.flush()
        for batch in batches:
            self._batches.hide(tx, batch)

    def _excess(self, connection: Connection, limit: int) -> tuple[list[JobRow], list[BatchRow]]:
        """Return the oldest jobs and batches without which the others take no more than they may.

        What has not ended stays, and counts.
        """
        if self.rules.keep_size is None:
            return [], []
        pieces = rows.pieces(connection, str(self._store.paths.jobs))
        excess = sum(piece.size for piece in pieces) - self.rules.keep_size
        jobs: list[JobRow] = []
        batches: list[BatchRow] = []
        for piece in pieces:
            if excess <= 0 or len(jobs) + len(batches) >= limit:
                break
            if piece.batch_pk is None:
                found = rows.ended_job(connection, piece.job_pk)
                jobs += [] if found is None else [found]
            else:
                found = rows.ended_batch(connection, piece.batch_pk)
                batches += [] if found is None else [found]
            excess -= 0 if found is None else piece.size
        return jobs, batches

    def _outlived(
        self, connection: Connection, owner: str | None, limit: int
    ) -> tuple[Sequence[JobRow], Sequence[BatchRow]]:
        present, keep = time.time(), self.rules.keep
        times = {status: from_epoch(max(0.0, present - kept)) for status, kept in keep.items()}
        return (
            rows.outlived_jobs(connection, times, owner, limit),
            rows.outlived_batches(connection, times, owner, limit),
        )
