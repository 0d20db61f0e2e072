"""Outputs that a job is given from outside, and those that are taken off its list."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import asdict
from sqlalchemy import Connection

from ..model.errors import Conflict
from ..model.grant import Right
from ..model.job import Output
from ..model.status import Status
from ..store import jobs as job_rows
from ..store import outputs as rows
from ..store.changes import Changes
from ..store.faults import mapped_faults
from ..store.jobs import JobRow
from .core import Core
from .files import lies_in
from .outputs import unknown
from .patterns import check_output_name
from .principal import Principal
from .quota import Room, check_stored, room_of
from .uploads import Draft
from .working import Hold, hold_of

_WRITABLE = {Status.STARTING, Status.RUNNING, Status.FAILED, Status.CANCELLED}  # for its node
_NAMED = 500  # outputs among which one is looked for that is meant by a name nobody has


class Given:
    """Adds outputs, replaces and deletes them; they belong to the job's latest attempt."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def check(
        self, who: Principal, job_id: str, name: str, hold: Hold | None = None
    ) -> Room | None:
        """Raise what keeps `who` from adding an output of this name, before it is sent.

        Returns what it may take; a node's is kept in any case (None).
        """
        check_output_name(name, "name")
        with self._store.read() as connection:
            row = self._row(connection, who, job_id, hold)
            _latest(connection, row)
            if hold is not None:
                return None
            return room_of(connection, self._core.house.policy, row.owner)

    def _row(
        self, connection: Connection, who: Principal, job_id: str, hold: Hold | None
    ) -> JobRow:
        """Return the row of a job of which `who` may write, or the node holds (`hold`)."""
        if hold is not None:
            return hold_of(connection, who, hold, job_id, _WRITABLE)[1]
        who.require("submit", "run")
        return self._core.job_row(connection, who, job_id, Right.WRITE)

    def add(
        self,
        who: Principal,
        job_id: str,
        name: str,
        media_type: str,
        draft: Draft,
        hold: Hold | None = None,
        raw: str | None = None,
    ) -> tuple[Output, bool]:
        """Give the job an output, or replace the one of this name; tell whether it is new.

        `raw` are the bytes of a name that is not UTF-8, percent-encoded.
        `Conflict` before the job's first attempt. What the job itself writes under the same name
        later does not replace it.
        """
        self.check(who, job_id, name, hold)
        sha256 = draft.finish()
        paths = self._store.paths
        place = paths.given(job_id) / draft.path.name.lstrip(".")
        new = Output(name, media_type, draft.size, sha256, path=str(place), raw=raw)
        try:
            with mapped_faults(paths.root), self._store.write(poke=("servers",)) as tx:
                row = self._row(tx, who, job_id, hold)
                attempt = _latest(tx, row)
                old = rows.remove(tx, job_pk=row.pk, attempt=attempt, name=name)
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                draft.path.rename(place)
                rows.add(tx, asdict(new) | {"job_pk": row.pk, "attempt": attempt})
                if hold is None:
                    check_stored(tx, self._core.house.policy, row.owner)
                _note(tx, row, name, "added" if old is None else "replaced")
        except BaseException:
            place.unlink(missing_ok=True)
            raise
        self._forget(job_id, old)
        return new, old is None

    def delete(self, who: Principal, job_id: str, name: str) -> None:
        """Remove an output from the list, and its file unless it lies in the submitter's folder."""
        who.require("submit", "run")
        with self._store.write(poke=("servers",)) as tx:
            row = self._core.job_row(tx, who, job_id, Right.WRITE)
            tries = job_rows.attempts(tx, [row]).get(row.pk)
            last = tries[-1].number if tries else 0
            old = rows.remove(tx, job_pk=row.pk, attempt=last, name=name)
            if old is None:
                some, _ = job_rows.output_page(tx, row.pk, last, _NAMED, None)
                raise unknown(name, [known.name for known in some])
            _note(tx, row, name, "deleted")
        self._forget(job_id, old)

    def _forget(self, job_id: str, old: rows.OutputRow | None) -> None:
        """Remove the file of an output that is no longer listed, if it is the job's own."""
        if old is None:
            return
        paths = self._store.paths
        at = paths.attempt(job_id, old.attempt)
        if any(lies_in(Path(old.path), own) for own in (paths.given(job_id), at.outputs, at.work)):
            with mapped_faults(paths.root):
                Path(old.path).unlink(missing_ok=True)


def _latest(connection: Connection, row: JobRow) -> int:
    """Return the number of a job's latest attempt; `Conflict` before the first."""
    tries = job_rows.attempts(connection, [row]).get(row.pk)
    if not tries:
        raise Conflict(
            f"The job is {row.status} and has not begun: there is nothing to add an output to.",
            field="id",
            value=row.id,
        )
    return tries[-1].number


def _note(tx: Connection, row: JobRow, name: str, change: str) -> None:
    changes = Changes(tx)
    changes.note(row, "outputs", data={"names": [name], "change": change})
    changes.flush()
