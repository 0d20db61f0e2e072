"""What is needed to say why jobs wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import merge
from itertools import islice

from sqlalchemy import Connection, select

from . import lines
from .lines import LineRow
from .queue import is_open
from .schema import job, needs

RANKS = 1000  # places in the queue that are told exactly


def ranks(connection: Connection, own: Iterable[LineRow]) -> dict[int, int]:
    """Return how many jobs are ahead of each of the first `RANKS` jobs of these lines."""
    standing = [
        [(-line.priority, pk) for pk in lines.places(connection, line.pk, RANKS)] for line in own
    ]
    first = islice(merge(*standing), RANKS)
    return {pk: place for place, (_, pk) in enumerate(first)}


def unmet(connection: Connection, pks: Sequence[int]) -> dict[int, list[str]]:
    """Return, for each of these jobs, the names of the jobs it still waits for."""
    found: dict[int, list[str]] = defaultdict(list)
    query = (
        select(needs.c.job_pk, job.c.name)
        .join(job, job.c.pk == needs.c.needed_pk)
        .where(needs.c.job_pk.in_(pks), is_open(job))
        .order_by(job.c.pk)
    )
    for row in connection.execute(query):
        found[row.job_pk].append(row.name)
    return found
