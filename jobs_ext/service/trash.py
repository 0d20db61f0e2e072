"""The trash: what was deleted can be had back for a time; what is purged is gone for good.

A verb only marks what is to go. The runner removes it in small steps: first the folders are taken
out of the way by one rename each, then the rows go in one transaction, then the files. It can be
killed at any point, and the next one goes on.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ..model.clock import from_epoch, now
from ..model.errors import Conflict
from ..model.grant import Right
from ..model.job import Batch, Job
from ..store import batches as batch_rows
from ..store import events as event_rows
from ..store import stored
from ..store import trash as rows
from ..store.changes import Changes
from ..store.faults import mapped_faults
from ..store.jobs import JobRow
from ..store.paths import AttemptPaths
from .batches import Batches
from .core import Core
from .files import remove_tree
from .jobs import Jobs
from .principal import Principal
from .uploads import free_parts, sweep_drafts

_PARTS = 200  # parts that are looked at in one transaction
_STEP = 100  # jobs that go in one transaction
_log = logging.getLogger(__name__)


class Trash:
    """What can be done with what was deleted."""

    def __init__(self, core: Core, jobs: Jobs, batches: Batches) -> None:
        self._core = core
        self._store = core.store
        self._jobs = jobs
        self._batches = batches

    def put_job(self, who: Principal, job_id: str) -> Job:
        """Put a job into the trash as it is: it goes on, unlike one that is deleted (UFDL)."""
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.job_row(tx, who, job_id, Right.WRITE, hidden=True)
            changes = Changes(tx)
            if not row.deleted:
                changes.note(row, "deleted", deleted=now(), key=None)
            changes.flush()
        return self._core.job(who, job_id)

    def reinstate_job(self, who: Principal, job_id: str) -> Job:
        """Show a deleted job again, as it ended. `Conflict` unless it is in the trash."""
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.job_row(tx, who, job_id, Right.WRITE, hidden=True)
            changes = Changes(tx)
            self.show(tx, changes, row)
            changes.flush()
        return self._core.job(who, job_id)

    def show(self, tx: Connection, changes: Changes, row: JobRow) -> None:
        """Take a job out of the trash; `Conflict` unless it is there, and its batch is not."""
        _check_hidden("job", row)
        if row.batch_pk is not None:  # with which it would go for good
            self._check_batch(tx, row)
        changes.note(row, "reinstated", deleted=None)

    def reinstate_batch(self, who: Principal, batch_id: str) -> Batch:
        """Show a deleted batch again, with the jobs that were deleted with it."""
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.batch_row(tx, who, batch_id, hidden=True)
            _check_hidden("batch", row)
            time = now()
            batch_rows.set_columns(tx, row.pk, deleted=None)
            rows.show_jobs(tx, row.pk, row.deleted, time)
            entry = event_rows.entry(time, "reinstated", row.owner, batch=row.id)
            event_rows.append(tx, [entry])
        return self._batches.get(who, batch_id)

    def _check_batch(self, tx: Connection, row: JobRow) -> None:
        """Raise `Conflict` for a job whose batch is in the trash."""
        batch = batch_rows.by_id(tx, row.batch, None)
        if batch is not None and batch.deleted:
            raise Conflict(
                "The job's batch is in the trash.",
                field="id",
                value=row.id,
                hint=f"Reinstate the batch {row.batch}.",
            )

    def purge_job(self, who: Principal, job_id: str) -> None:
        """Remove a job for good, with its files; one that has not ended is cancelled first.

        One of a batch only goes with it: `Conflict`.
        """
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.job_row(tx, who, job_id, Right.OWN, hidden=True)
            if row.batch_pk is not None:
                raise Conflict(
                    "The job is one of a batch, which would no longer be whole.",
                    field="id",
                    value=job_id,
                    hint=f"Delete the job, or purge the batch {row.batch}.",
                )
            changes = Changes(tx)
            if not row.deleted:
                self._jobs.hide(changes, row)
            if not row.purge:
                changes.note(row, "purge_requested", purge=now())
            changes.flush()

    def purge_batch(self, who: Principal, batch_id: str) -> None:
        """Remove a batch and its jobs for good; what has not ended is cancelled first."""
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.batch_row(tx, who, batch_id, hidden=True)
            if not row.deleted:
                self._batches.hide(tx, row)
            if not row.purge:
                time = now()
                batch_rows.set_columns(tx, row.pk, purge=time)
                entry = event_rows.entry(time, "purge_requested", row.owner, batch=row.id)
                event_rows.append(tx, [entry])

    def expire(self, before: float, limit: int = _STEP) -> int:
        """Mark what was deleted before a time (epoch); return how many jobs and batches."""
        with self._store.write(poke=()) as tx:
            return rows.mark_expired(tx, from_epoch(before), now(), limit)

    def step(self, limit: int = _STEP) -> int:
        """Remove up to `limit` of the jobs that are marked; return how many things went.

        None while a batch lacks jobs: those may need what is marked.
        """
        with self._store.read() as connection:
            is_whole = batch_rows.unmade(connection) is None
            chosen = rows.purgeable(connection, limit) if is_whole else []
            numbers = {row.id: rows.numbers(connection, row.pk) for row in chosen}
            batches = rows.empty_batches(connection)
        if chosen or batches:
            with mapped_faults(self._store.paths.root):
                for job_id, known in numbers.items():
                    attempts = self._attempts(job_id, known)
                    self._discard(self._folders(job_id, attempts))
                    for value in (value for at in attempts for value in at.values):
                        value.unlink(missing_ok=True)
            self._remove(chosen, batches)
        self._empty()
        return len(chosen) + len(batches)

    def _attempts(self, job_id: str, numbers: Collection[int]) -> list[AttemptPaths]:
        """Return where its attempts may have files: also one that was never started."""
        known = [*numbers, max(numbers, default=0) + 1]
        return [self._store.paths.attempt(job_id, n) for n in known]

    def _folders(self, job_id: str, attempts: Sequence[AttemptPaths]) -> list[Path]:
        """Return the folders that a job may have."""
        shared = [self._store.paths.given(job_id), Path(attempts[0].checkpoints)]
        return [*shared, *(attempt.folder for attempt in attempts)]

    def _discard(self, folders: Iterable[Path]) -> None:
        """Take folders out of the way, by a rename: the keeper may be about to use one again."""
        self._store.paths.trash.mkdir(mode=0o700, exist_ok=True)
        for folder in folders:
            with suppress(FileNotFoundError):
                folder.rename(self._store.paths.trash / uuid.uuid4().hex)

    def _remove(self, jobs: Collection[JobRow], batches: Collection[Any]) -> None:
        with self._store.write(poke=("servers",)) as tx:
            stood_on = stored.parts_of(tx, {row.spec for row in (*jobs, *batches)})
            rows.remove_jobs(tx, jobs)
            for row in batches:
                rows.remove_batch(tx, row.pk)
            gone = [
                event_rows.entry(now(), "purged", row.owner, job=row.id, batch=row.batch)
                for row in jobs
            ]
            gone += [event_rows.entry(now(), "purged", row.owner, batch=row.id) for row in batches]
            event_rows.append(tx, gone)
            parts = rows.remove_specs(tx, [row.spec for row in (*jobs, *batches)])
            stored.release_parts(tx, stood_on)
        free_parts(self._store, parts)

    def free_all_parts(self) -> None:
        """Remove parts that were left behind when this, or a server, was cut short."""
        sweep_drafts(self._store.paths)
        names = [path.name for path in self._store.paths.parts_dir.glob("[!.]*")]
        for start in range(0, len(names), _PARTS):
            free_parts(self._store, names[start : start + _PARTS])

    def _empty(self) -> None:
        """Remove the files of what has gone."""
        for folder in self._store.paths.trash.glob("*"):
            remove_tree(folder)
            if folder.exists():
                _log.warning("%s can't be removed: what it holds is another user's", folder)


def _check_hidden(kind: str, row: Any) -> None:
    if row.purge:
        raise Conflict(f"The {kind} is being purged.", field="id", value=row.id)
    if not row.deleted:
        raise Conflict(f"The {kind} is not in the trash.", field="id", value=row.id)
