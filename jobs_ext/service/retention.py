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
        return Outlived(
            rules=self.rules,
            jobs=[row.id for row in jobs[:_SHOWN]],
            batches=[row.id for row in batches[:_SHOWN]],
            more=max(len(jobs), len(batches)) > _SHOWN,
        )

    def step(self) -> int:
        """Put some of what has been kept long enough into the trash; return how many things."""
        if not self.rules.keep:
            return 0
        with self._store.read() as connection:
            jobs, batches = self._outlived(connection, None, _STEP)
        if not jobs and not batches:
            return 0
        with self._store.write(poke=("servers",)) as tx:
            jobs, batches = self._outlived(tx, None, _STEP)
            changes = Changes(tx)
            for job in jobs:
                self._jobs.hide(changes, job)
            changes.flush()
            for batch in batches:
                self._batches.hide(tx, batch)
        return len(jobs) + len(batches)

    def _outlived(
        self, connection: Connection, owner: str | None, limit: int
    ) -> tuple[Sequence[JobRow], Sequence[BatchRow]]:
        present, keep = time.time(), self.rules.keep
        times = {status: from_epoch(max(0.0, present - kept)) for status, kept in keep.items()}
        return (
            rows.outlived_jobs(connection, times, owner, limit),
            rows.outlived_batches(connection, times, owner, limit),
        )
