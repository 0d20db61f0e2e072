"""The jobs of a batch that FAILED, and why: of each place the latest job alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, Select, func, select

from ..model.status import Status
from .jobs import JobRow
from .schema import job

MOST = 1000  # failed jobs that a look at the reasons reads


def reasons(connection: Connection, batch_pk: int, limit: int) -> list[tuple[str | None, int, int]]:
    """Return the commonest reason codes: each with its number of jobs and the pk of the first.

    Of the first `MOST` failed jobs, so that a look costs the same however many there are.
    """
    some = _failed(batch_pk, job.c.reason_code, job.c.pk).limit(MOST).subquery()
    n_jobs = func.count()
    grouped = (
        select(some.c.reason_code, n_jobs, func.min(some.c.pk))
        .group_by(some.c.reason_code)
        .order_by(n_jobs.desc(), func.min(some.c.pk))
        .limit(limit)
    )
    return [(code, n, first) for code, n, first in connection.execute(grouped)]


def pks(connection: Connection, batch_pk: int) -> list[int]:
    """Return the keys of all that failed."""
    return [*connection.scalars(_failed(batch_pk, job.c.pk))]


def rows(connection: Connection, wanted: Sequence[int]) -> list[JobRow]:
    """Return the rows of those of these jobs that are FAILED now."""
    still = job.c.status == str(Status.FAILED)
    return [*connection.execute(select(job).where(job.c.pk.in_(wanted), still).order_by(job.c.pk))]


def _failed(batch_pk: int, *columns: Column[Any]) -> Select[Any]:
    return (
        select(*columns)
        .where(job.c.batch_pk == batch_pk, job.c.status == str(Status.FAILED))
        .where(job.c.latest, job.c.deleted.is_(None))
        .order_by(job.c.batch_index)
    )
