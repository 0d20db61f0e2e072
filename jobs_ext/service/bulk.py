"""One verb for many jobs: of those that it can't be done with it is said why, the others go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from ..model.bulk import MOST, Handled, Refused
from ..model.errors import Conflict, Forbidden, InvalidRequest, NotFound, TooMany
from ..model.grant import Right
from ..model.status import Status
from ..store.changes import Changes
from ..store.jobs import JobRow
from .core import Core
from .jobs import Jobs
from .moves import cancel
from .principal import Principal
from .trash import Trash

#: Does it with one job, in the transaction of all of them; raises before it changes anything.
Each = Callable[[Connection, Changes, JobRow], None]

_ONE_ALONE = (Conflict, Forbidden, NotFound, TooMany)  # what says nothing of the other jobs


class Bulk:
    """What can be done with many jobs at once; each verb is one transaction."""

    def __init__(self, core: Core, jobs: Jobs, trash: Trash) -> None:
        self._core = core
        self._jobs = jobs
        self._trash = trash

    def cancel(self, who: Principal, ids: Sequence[str]) -> Handled:
        """Cancel those of these jobs that have not ended."""

        def each(_: Connection, changes: Changes, row: JobRow) -> None:
            if Status(row.status).final:
                raise Conflict(f"The job has ended: {row.status}.", field="id", value=row.id)
            cancel(changes, row, "cancelled by the user")

        return self._all(who, ids, each, Right.WRITE)

    def delete(self, who: Principal, ids: Sequence[str]) -> Handled:
        """Cancel those of these jobs that have not ended, and put all into the trash."""

        def each(_: Connection, changes: Changes, row: JobRow) -> None:
            self._jobs.hide(changes, row)

        return self._all(who, ids, each, Right.WRITE)

    def reset(self, who: Principal, ids: Sequence[str]) -> Handled:
        """Let those of these jobs that FAILED run once more."""

        def each(tx: Connection, _: Changes, row: JobRow) -> None:
            self._jobs.reopen(tx, who, row)

        return self._all(who, ids, each, Right.EXECUTE)

    def reinstate(self, who: Principal, ids: Sequence[str]) -> Handled:
        """Take those of these jobs out of the trash that are there."""

        def each(tx: Connection, changes: Changes, row: JobRow) -> None:
            self._trash.show(tx, changes, row)

        return self._all(who, ids, each, Right.WRITE, hidden=True)

    def _all(
        self, who: Principal, ids: Sequence[str], each: Each, right: Right, *, hidden: bool = False
    ) -> Handled:
        who.require("submit", "run")
        _check(ids)
        good: list[str] = []
        refused: list[Refused] = []
        with self._core.store.write() as tx:
            changes = Changes(tx)
            for job_id in dict.fromkeys(ids):
                try:
                    row = self._core.job_row(tx, who, job_id, right, hidden=hidden)
                    each(tx, changes, row)
                except _ONE_ALONE as error:
                    refused.append(Refused(job_id, str(error)))
                else:
                    good.append(job_id)
            changes.flush()
        return Handled(good, refused)


def _check(ids: Sequence[str]) -> None:
    """Raise `InvalidRequest` for no jobs or more than one transaction should hold."""
    if not 1 <= len(ids) <= MOST:
        raise InvalidRequest(
            f"{len(ids):,} jobs can't be named at once.",
            field="ids",
            value=len(ids),
            hint=f"Give 1 to {MOST}.",
        )
