"""Jobs that equal others (`job.cache`), and rows that one takes over from another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Table, func, insert, literal, select

from ..model.status import Status
from .jobs import JobRow
from .schema import attempt, job, log, output


def succeeded(connection: Connection, owner: str, keys: Collection[str]) -> dict[str, JobRow]:
    """Return the newest job of an owner that succeeded and is not deleted, by its key."""
    newest = (
        select(func.max(job.c.pk))
        .where(
            job.c.owner == owner,
            job.c.cache.in_(keys),
            job.c.status == str(Status.SUCCEEDED),
            job.c.deleted.is_(None),
        )
        .group_by(job.c.cache)
    )
    found = connection.execute(select(job).where(job.c.pk.in_(newest)))
    return {row.cache: row for row in found}


def outputs(connection: Connection, pk: int, number: int) -> list[tuple[str, int]]:
    """Return path and size of the outputs of an attempt."""
    query = select(output.c.path, output.c.size).where(
        output.c.job_pk == pk, output.c.attempt == number
    )
    return [(row.path, row.size) for row in connection.execute(query)]


def copy(tx: Connection, old: int, new: int, number: int, paths: Mapping[str, str]) -> None:
    """Give a job the attempt, outputs and short logs of another; `paths` are its outputs' names."""
    _copy(tx, attempt, old, new, attempt.c.number == number)
    _copy(tx, log, old, new, log.c.attempt == number)
    facts = [column for column in output.c if column.name != "pk"]
    query = select(*facts).where(output.c.job_pk == old, output.c.attempt == number)
    rows = [
        dict(row._mapping) | {"job_pk": new, "path": paths[row.path]} for row in tx.execute(query)
    ]
    if rows:
        tx.execute(insert(output), rows)


def _copy(tx: Connection, table: Table, old: int, new: int, where: Any) -> None:
    rest = [column for column in table.c if column.name != "job_pk"]
    chosen = select(literal(new), *rest).where(table.c.job_pk == old, where)
    tx.execute(insert(table).from_select(["job_pk", *(c.name for c in rest)], chosen))
