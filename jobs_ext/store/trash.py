"""What is in the trash: hidden jobs and batches, their way back, and their end.

Every table that refers to a job or a batch is emptied of it by its foreign key, so that a table
which comes later needs nothing here. The exceptions are notifications, which go by ids, as events
do, and documents, which go with the last of their jobs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    exists,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    select,
    update,
)

from ..model.status import FINAL
from . import datasets, documents, notifications
from .jobs import JobRow
from .schema import (
    attempt,
    batch,
    batch_tally,
    content,
    event,
    job,
    metadata,
    needs,
    notification,
    uses,
)

_FINAL = [str(status) for status in FINAL]
_HAS_ENDED = literal_column("+job.status").in_(_FINAL)  # +: by the index of what is marked


def _referring(to: Table) -> list[Column[Any]]:
    """Return the columns of other tables than `job` that refer to rows of a table."""
    links = [link for table in metadata.sorted_tables for link in table.foreign_keys]
    columns = [link.parent for link in links if link.column.table is to]
    return [column for column in reversed(columns) if column.table is not job]


_OF_JOBS = _referring(job)
_OF_BATCHES = _referring(batch)


def show_jobs(tx: Connection, batch_pk: int, hidden: str, time: str) -> None:
    """Bring back the jobs that were hidden together with their batch, at `hidden`."""
    chosen = and_(job.c.batch_pk == batch_pk, job.c.deleted == hidden)
    facts = (literal(time), literal("reinstated"), job.c.owner, job.c.id, job.c.batch)
    columns = ["time", "type", "owner", "job", "batch", "data"]
    tx.execute(insert(event).from_select(columns, select(*facts, literal("{}")).where(chosen)))
    tx.execute(update(job).where(chosen).values(deleted=None))


def mark_expired(tx: Connection, before: str, time: str, limit: int) -> int:
    """Mark what was hidden before a time, to be purged; return how many were marked."""
    marked = 0
    for table in (batch, job):
        old = [table.c.deleted < before, table.c.purge.is_(None)]
        if table is job:
            old.append(job.c.batch_pk.is_(None))  # those of a batch go with it
        chosen = select(table.c.pk).where(*old).order_by(table.c.pk).limit(limit)
        expired = update(table).where(table.c.pk.in_(chosen)).values(purge=time)
        marked += tx.execute(expired).rowcount
    return marked


def purgeable(connection: Connection, limit: int) -> list[JobRow]:
    """Return jobs that were marked, by themselves or with their batch, and can go.

    They have ended, and no job that has not ended reads what they left.
    """
    waiting = job.alias("waiting")
    needed = exists().where(
        needs.c.needed_pk == job.c.pk,
        waiting.c.pk == needs.c.job_pk,
        waiting.c.status.not_in(_FINAL),
    )
    marked = select(batch.c.pk).where(batch.c.purge.is_not(None))
    found: list[JobRow] = []
    for chosen in (
        and_(job.c.purge.is_not(None), _HAS_ENDED),
        *(
            and_(job.c.batch_pk == pk, job.c.status.in_(_FINAL))
            for pk in connection.execute(marked).scalars().all()
        ),
    ):
        query = select(job).where(chosen, not_(needed)).limit(limit - len(found))
        found += connection.execute(query)
        if len(found) >= limit:
            break
    return found


def empty_batches(connection: Connection) -> list[Any]:
    """Return the marked batches that have no jobs left and will have none."""
    query = select(batch).where(
        batch.c.purge.is_not(None),
        batch.c.made == batch.c.n_jobs,
        not_(exists().where(job.c.batch_pk == batch.c.pk)),
    )
    return list(connection.execute(query))


def numbers(connection: Connection, pk: int) -> list[int]:
    """Return the numbers of a job's attempts."""
    query = select(attempt.c.number).where(attempt.c.job_pk == pk)
    return list(connection.execute(query).scalars())


def remove_jobs(tx: Connection, rows: Collection[JobRow]) -> None:
    """Remove jobs with all that refers to them, and their history."""
    pks = [row.pk for row in rows]
    documents.untie(tx, pks)
    for column in _OF_JOBS:
        tx.execute(delete(column.table).where(column.in_(pks)))
    ids = [row.id for row in rows]
    notifications.forget(tx, notification.c.job.in_(ids))
    tx.execute(delete(event).where(event.c.job.in_(ids)))
    tx.execute(delete(job).where(job.c.pk.in_(pks)))


def remove_batch(tx: Connection, pk: int) -> None:
    """Remove a batch that has no jobs."""
    its_id = select(batch.c.id).where(batch.c.pk == pk).scalar_subquery()
    notifications.forget(tx, notification.c.batch == its_id)
    for column in _OF_BATCHES:
        tx.execute(delete(column.table).where(column == pk))
    tx.execute(delete(batch_tally).where(batch_tally.c.batch_pk == pk))
    tx.execute(delete(batch).where(batch.c.pk == pk))


def remove_specs(tx: Connection, keys: Iterable[str]) -> set[str]:
    """Remove those of these specs that no job and no batch has; return the parts they had.

    With a spec goes what only it stood on. A returned part may be another spec's as well.
    """
    freed: set[str] = set()
    for key in set(keys):
        if tx.execute(select(_has_owner(key))).scalar_one():
            continue
        used = set(tx.execute(select(uses.c.used).where(uses.c.spec == key)).scalars())
        tx.execute(delete(uses).where(uses.c.spec == key))
        tx.execute(delete(content).where(content.c.hash == key))
        contents = select(content.c.hash).where(content.c.hash.in_(used))
        kept = set(tx.execute(contents).scalars())
        for one in kept - used_parts(tx, kept):
            tx.execute(delete(content).where(content.c.hash == one))
        freed |= used - kept
    return freed


def _has_owner(key: str) -> ColumnElement[bool]:
    return or_(exists().where(job.c.spec == key), exists().where(batch.c.spec == key))


def used_parts(connection: Connection, hashes: Iterable[str]) -> set[str]:
    """Return those of these contents and parts that some spec or data set stands on."""
    asked = list(hashes)
    query = select(uses.c.used).where(uses.c.used.in_(asked)).distinct()
    return {*connection.execute(query).scalars(), *datasets.kept(connection, asked)}
