"""Sharing a job with others, and taking that back."""

from __future__ import annotations

import builtins
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection

from ..model.clock import now
from ..model.errors import InvalidRequest, NotFound
from ..model.events import EventType
from ..model.grant import Grant, GrantRequest, Right
from ..store import events as event_rows
from ..store import grants as rows
from ..store.jobs import JobRow
from .access import check_grant, rights_on
from .core import Core
from .hints import did_you_mean
from .options import check_name
from .principal import Principal


class Grants:
    """What can be done with the grants on a job."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def list(self, who: Principal, job_id: str) -> builtins.list[Grant]:
        """Return who else may do what with a job, by name; its owner is not among them."""
        who.require("read")
        with self._store.read() as connection:
            return rows.of_job(connection, self._core.job_row(connection, who, job_id).pk)

    def put(self, who: Principal, job_id: str, grantee: str, wanted: GrantRequest) -> Grant:
        """Grant something in place of what was granted before; no more than `who` may."""
        who.require("submit", "run")
        grant = wanted_grant(grantee, wanted)
        with self._store.write() as tx:
            row = self._core.job_row(tx, who, job_id, Right.WRITE)
            if grantee == row.owner:
                message = f"{grantee} owns the job and may do everything."
                raise InvalidRequest(message, field="grantee", value=grantee)
            check_grant(rights_on(tx, who, row), who, grant)
            rows.put(tx, row.pk, grant)
            _note(tx, row, "granted", msgspec.structs.asdict(grant) | {"by": who.owner})
        return grant

    def remove(self, who: Principal, job_id: str, grantee: str) -> None:
        """Take a grant back; `NotFound` when there is none."""
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.job_row(tx, who, job_id, Right.WRITE)
            check_granted(grantee, rows.of_job(tx, row.pk))
            _revoke(tx, row, grantee, who)

    def clear(self, who: Principal, job_id: str) -> None:
        """Take all grants on a job back."""
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.job_row(tx, who, job_id, Right.WRITE)
            for grant in rows.of_job(tx, row.pk):
                _revoke(tx, row, grant.grantee, who)


def wanted_grant(grantee: str, wanted: GrantRequest) -> Grant:
    """Return what is to be granted to whom; `InvalidRequest` if that can't be."""
    check_name(grantee, "grantee")
    if not wanted.read:
        raise InvalidRequest(
            "Who may do anything with it may see it.",
            field="read",
            value=False,
            hint="Leave read out, or delete the grant.",
        )
    return Grant(grantee, write=wanted.write, execute=wanted.execute)


def check_granted(grantee: str, grants: Iterable[Grant]) -> None:
    """Raise `NotFound` unless something is granted to `grantee`."""
    known = [grant.grantee for grant in grants]
    if grantee not in known:
        raise NotFound(
            f"Nothing is granted to {grantee!r}.",
            field="grantee",
            value=grantee,
            hint=did_you_mean(grantee, known),
        )


def _revoke(tx: Connection, row: JobRow, grantee: str, who: Principal) -> None:
    rows.remove(tx, row.pk, grantee)
    _note(tx, row, "revoked", {"grantee": grantee, "by": who.owner})


def _note(tx: Connection, row: JobRow, kind: EventType, data: dict[str, object]) -> None:
    entry = event_rows.entry(now(), kind, row.owner, job=row.id, batch=row.batch, data=data)
    event_rows.append(tx, [entry])
