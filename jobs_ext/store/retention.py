"""Which jobs and batches have been kept long enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, func, not_, or_, select

from ..model.status import FINAL
from .batches import BatchRow
from .jobs import JobRow
from .schema import batch, job, output

_FINAL = [str(status) for status in FINAL]


def outlived_jobs(
    connection: Connection, ended_before: Mapping[str, str], owner: str | None, limit: int
) -> list[JobRow]:
    """Return jobs outside batches that ended before the time given for their status."""
    found: list[JobRow] = []
    for status, before in ended_before.items():
        where = [job.c.status == status, job.c.stopped < before, job.c.created < before]
        where += [job.c.deleted.is_(None), job.c.batch_pk.is_(None), *_of(job.c.owner, owner)]
        query = select(job).where(*where).order_by(job.c.stopped).limit(limit - len(found))
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


class Piece(NamedTuple):
    """A batch, or a job outside of batches, and what its outputs take."""

    job_pk: int  # its first
    batch_pk: int | None
    size: int  # bytes


def pieces(connection: Connection, folder: str) -> list[Piece]:
    """Return all that has outputs below a folder and is not in the trash, the oldest first."""
    first = func.min(job.c.pk).label("first")
    query = (
        select(first, job.c.batch_pk, func.sum(output.c.size))
        .join(job, job.c.pk == output.c.job_pk)
        .where(job.c.deleted.is_(None))
        .where(output.c.path > f"{folder}/", output.c.path < f"{folder}0")  # "0" follows "/"
        .group_by(func.coalesce(job.c.batch_pk, -job.c.pk))
        .order_by(first)
    )
    return [Piece(*row) for row in connection.execute(query)]


def ended_job(connection: Connection, pk: int) -> JobRow | None:
    """Return a job, unless it has not ended or is in the trash."""
    where = (job.c.pk == pk, job.c.status.in_(_FINAL), job.c.deleted.is_(None))
    return connection.execute(select(job).where(*where)).one_or_none()


def ended_batch(connection: Connection, pk: int) -> BatchRow | None:
    """Return a batch, unless some of its jobs have not ended or it is in the trash."""
    goes_on = exists().where(job.c.batch_pk == pk, job.c.status.not_in(_FINAL))
    where = (batch.c.pk == pk, batch.c.made == batch.c.n_jobs, batch.c.deleted.is_(None))
    return connection.execute(select(batch).where(*where, not_(goes_on))).one_or_none()


def _of(column: Any, owner: str | None) -> list[ColumnElement[bool]]:
    return [] if owner is None else [column == owner]
