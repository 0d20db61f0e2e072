"""What is needed to say why jobs wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, func, select, text

from ..model.status import ACTIVE, Status
from .schema import job, needs

RANKS = 1000  # places in the queue that are told exactly


def ranks(connection: Connection) -> dict[int, int]:
    """Return how many jobs are ahead of each of the first `RANKS` jobs of the queue."""
    query = select(job.c.pk).where(job.c.status == text("'RUNNABLE'"))
    query = query.order_by(text("priority DESC"), job.c.pk).limit(RANKS)
    return {pk: place for place, pk in enumerate(connection.execute(query).scalars())}


def unmet(connection: Connection, pks: Sequence[int]) -> dict[int, list[str]]:
    """Return, for each of these jobs, the names of the jobs it still waits for."""
    found: dict[int, list[str]] = defaultdict(list)
    query = (
        select(needs.c.job_pk, job.c.name)
        .join(job, job.c.pk == needs.c.needed_pk)
        .where(needs.c.job_pk.in_(pks), job.c.status != str(Status.SUCCEEDED))
        .order_by(job.c.pk)
    )
    for row in connection.execute(query):
        found[row.job_pk].append(row.name)
    return found


def active_in(connection: Connection, batches: Sequence[int]) -> dict[int, int]:
    """Return how many jobs of each of these batches are STARTING or RUNNING."""
    query = (
        select(job.c.batch_pk, func.count().label("number"))
        .where(job.c.batch_pk.in_(batches), job.c.status.in_([str(s) for s in ACTIVE]))
        .group_by(job.c.batch_pk)
    )
    return {row.batch_pk: row.number for row in connection.execute(query)}
