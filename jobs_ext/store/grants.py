"""Rows of grants."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, exists, select
from sqlalchemy.dialects.sqlite import insert

from ..model.grant import WORLD, Grant
from .schema import job_grant

_FACTS = (job_grant.c.grantee, job_grant.c.write, job_grant.c.execute)


def of_job(connection: Connection, pk: int, grantees: Iterable[str] | None = None) -> list[Grant]:
    """Return the grants on a job by grantee, all or those of some."""
    query = select(*_FACTS).where(job_grant.c.job_pk == pk).order_by(job_grant.c.grantee)
    if grantees is not None:
        query = query.where(job_grant.c.grantee.in_(list(grantees)))
    return [
        Grant(row.grantee, write=row.write, execute=row.execute)
        for row in connection.execute(query)
    ]


def put(tx: Connection, pk: int, grant: Grant) -> None:
    """Grant something on a job, in place of what that grantee was granted before."""
    values = {"write": grant.write, "execute": grant.execute}
    fresh = insert(job_grant).values(job_pk=pk, grantee=grant.grantee, **values)
    tx.execute(fresh.on_conflict_do_update(set_=values))


def remove(tx: Connection, pk: int, grantee: str) -> None:
    """Take a grant on a job back."""
    where = (job_grant.c.job_pk == pk, job_grant.c.grantee == grantee)
    tx.execute(delete(job_grant).where(*where))


def any_for(connection: Connection, viewer: str) -> bool:
    """Tell whether anybody shares any job with a user."""
    found = exists().where(job_grant.c.grantee.in_((viewer, WORLD)))
    return bool(connection.execute(select(found)).scalar())
