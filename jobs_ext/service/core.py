"""What every part of the service stands on, and how it finds and presents jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from ..model.errors import NotFound
from ..model.grant import Right
from ..model.ids import is_id
from ..model.job import Job
from ..store import batches as batch_rows
from ..store import jobs as job_rows
from ..store import listing
from ..store.batches import BatchRow
from ..store.contents import Spec, SpecCache, without_variables
from ..store.engine import Store
from ..store.jobs import JobRow, Told
from ..store.listing import Mark
from .access import require_right, rights_on
from .catalog import Seen
from .principal import Principal
from .remembered import Remembered, Shown, as_json
from .resolve import House
from .waiting import reasons


class Core(Struct, frozen=True):
    """The store, what was read from it lately, and what requests are settled against."""

    store: Store
    specs: SpecCache
    house: House
    remembered: Remembered

    def job_row(
        self,
        connection: Connection,
        who: Principal,
        job_id: str,
        right: Right = Right.READ,
        *,
        hidden: bool = False,
    ) -> JobRow:
        """Return the row of a job with which `who` may do what `right` says.

        Raises `NotFound` for jobs they may not know of, by default for hidden ones too, and
        `Forbidden` for those with which they may do other things only.
        """
        row = job_rows.by_id(connection, job_id) if is_id(job_id) else None
        rights = frozenset[Right]() if row is None else rights_on(connection, who, row)
        found = hidden or (who.sees_trash and row is not None and not row.purge)
        if row is None or not rights or (row.deleted and not found):
            raise _not_found("job", job_id, row if rights else None)
        require_right(rights, right, who, row)
        return row

    def batch_row(
        self, connection: Connection, who: Principal, batch_id: str, *, hidden: bool = False
    ) -> BatchRow:
        """Return the row of a batch that `who` may see; `NotFound` for hidden ones by default."""
        row = batch_rows.by_id(connection, batch_id, who.scope) if is_id(batch_id) else None
        if row is None or (row.deleted and not hidden):
            raise _not_found("batch", batch_id, row)
        return row

    def present(
        self, connection: Connection, rows: Sequence[JobRow], who: Principal | None = None
    ) -> list[Job]:
        """Return what the API says of these jobs to `who`; None: to anybody.

        The variables that a job was given (`env`) are its owner's to see: they may be secrets.
        """
        specs = self.specs.load(connection, (row.spec for row in rows))
        tries = job_rows.attempts(connection, rows)
        files = job_rows.outputs(connection, tries)
        why = reasons(connection, self.house, rows, self.store.paths)
        own = _own(rows, who)
        told: dict[tuple[str, bool], Told] = {}  # once for all of a batch
        shown = []
        for row in rows:
            attempts, some = tries.get(row.pk, []), files.get(row.pk, [])
            number = len(some)
            if number == job_rows.SHOWN:
                number = job_rows.number_of_outputs(connection, row.pk, attempts[-1].number)
            key = (row.spec, own[row.owner])
            said = told.get(key)
            if said is None:
                said = told[key] = _told(specs[row.spec], own=own[row.owner])
            shown.append(job_rows.to_job(row, said, attempts, some, number, why.get(row.pk)))
        return shown

    def shown(
        self, connection: Connection, marks: Sequence[Mark], who: Principal | None = None
    ) -> list[Shown]:
        """Return the same of the jobs with these marks; `connection` must not have written."""
        own = _own(marks, who)
        keys = [(mark.pk, mark.edition, own[mark.owner]) for mark in marks]
        found = self.remembered.find(keys)
        if missing := [key for key in keys if key not in found]:
            rows = listing.rows(connection, (pk for pk, _, _ in missing))
            read = self.present(connection, [rows[pk] for pk, _, _ in missing], who)
            fresh = {k: Shown(job, as_json(job)) for k, job in zip(missing, read, strict=True)}
            self.remembered.keep(fresh)
            found |= fresh
        return [found[key] for key in keys]

    def seen(self, who: Principal) -> Seen:
        """Return the tools that `who` may know of."""
        return Seen(self.store, self.house.tools, who)

    def job(self, who: Principal, job_id: str) -> Job:
        """Return one job as it stands now."""
        with self.store.read() as connection:
            row = self.job_row(connection, who, job_id, hidden=True)
            return self.present(connection, [row], who)[0]


def _own(of: Sequence[Any], who: Principal | None) -> dict[str, bool]:
    """Return, by owner, whether these jobs are shown to who owns them."""
    owners = {one.owner for one in of}
    return {owner: who is not None and who.owns(owner) for owner in owners}


def _told(spec: Spec, *, own: bool) -> Told:
    shown = spec if own else without_variables(spec)
    return Told(msgspec.to_builtins(shown.options), shown.tool)


def _not_found(kind: str, given: str, row: Any) -> NotFound:
    if not is_id(given):
        hint = f"The id of a {kind} is a UUID such as 019a8f2e-5b1c-7d3e-8f4a-5b6c7d8e9f01."
    else:
        hint = "It was deleted." if row is not None else "It may be another server's or owner's."
    return NotFound(f"There is no {kind} {given!r}.", field="id", value=given, hint=hint)
