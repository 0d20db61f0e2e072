"""Which jobs and batches have been kept long enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, not_, or_, select

from .batches import BatchRow
from .jobs import JobRow
from .schema import batch, job


def outlived_jobs(
    connection: Connection, ended_before: Mapping[str, str], owner: str | None, limit: int
) -> list[JobRow]:
    """Return jobs outside batches that ended before the time given for their status."""
    found: list[JobRow] = []
    for status, before in ended_before.items():
        where = [job.c.status == status, job.c.stopped < before, job.c.created < before]
        where += [job.c.deleted.is_(None), job.c.batch_pk.is_(None), *_of(job.c.owner, owner)]
        query = select(job).where(*where).order_by(job.c.pk).limit(limit - len(found))
        found += connection.execute(query) if len(found) < limit else []
    return found


def outlived_batches(
    connection: Connection, ended_before: Mapping[str, str], owner: str | None, limit: int
) -> list[BatchRow]:
    """Return batches all of whose jobs ended before the time given for their status."""
    if not ended_before:
        return []
    old = or_(*(and_(job.c.status == s, job.c.stopped < t) for s, t in ended_before.items()))
    query = select(batch).where(
        batch.c.deleted.is_(None),
        batch.c.created < max(ended_before.values()),
        batch.c.made == batch.c.n_jobs,
        not_(exists().where(job.c.batch_pk == batch.c.pk, not_(old))),
        *_of(batch.c.owner, owner),
    )
    return list(connection.execute(query.order_by(batch.c.pk).limit(limit)))


def _of(column: Any, owner: str | None) -> list[ColumnElement[bool]]:
    return [] if owner is None else [column == owner]
