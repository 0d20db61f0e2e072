"""Rows of the dialects' own records, in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, exists, select
from sqlalchemy.dialects.sqlite import insert

from .listing import driver, row_type
from .schema import document, document_job, job

DocumentRow = Row[Any]
_Found = row_type(document)
_BY_KEYS = (
    f"SELECT {', '.join(_Found._fields)} FROM document"  # noqa: S608
    " WHERE dialect = ? AND kind = ? AND key IN (SELECT value FROM json_each(?))"
)
_LAST = "\U0010ffff"  # stands behind every character that a key can have


def _of_kind(dialect: str, kind: str) -> ColumnElement[bool]:
    return and_(document.c.dialect == dialect, document.c.kind == kind)


def by_keys(
    connection: Connection, dialect: str, kind: str, keys: Sequence[str]
) -> dict[str, DocumentRow]:
    """Return those of the documents with these keys that are there, by key."""
    wanted = msgspec.json.encode(keys).decode()
    found = driver(connection).execute(_BY_KEYS, (dialect, kind, wanted))
    return {row.key: row for row in map(_Found._make, found)}


def page(
    connection: Connection,
    dialect: str,
    kind: str,
    owners: Sequence[str] | None,
    *,
    prefix: str,
    after: str,
    skip: int,
    limit: int,
) -> list[DocumentRow]:
    """Return documents of `owners`, or of all, whose keys begin so and come after one."""
    query = select(document).where(_of_kind(dialect, kind), document.c.key > after)
    if prefix:
        query = query.where(document.c.key >= prefix, document.c.key < prefix + _LAST)
    if owners is not None:
        query = query.where(document.c.owner.in_(owners))
    return list(connection.execute(query.order_by(document.c.key).limit(limit).offset(skip)))


def put(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep documents, whole rows, in place of those with the same kind and key."""
    statement = insert(document)
    changed = {name: statement.excluded[name] for name in ("version", "updated", "body")}
    keys = [column.name for column in document.primary_key]
    if rows:
        tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), [*rows])


def remove(tx: Connection, dialect: str, kind: str, key: str) -> None:
    """Remove a document."""
    tx.execute(delete(document).where(_of_kind(dialect, kind), document.c.key == key))


def tie(tx: Connection, dialect: str, kind: str, keys: Iterable[str], jobs: Sequence[str]) -> None:
    """Say that documents are of these jobs: they go with the last of them."""
    pks = tx.execute(select(job.c.pk).where(job.c.id.in_(jobs))).scalars().all()
    rows = [
        {"dialect": dialect, "kind": kind, "key": key, "job_pk": pk} for key in keys for pk in pks
    ]
    if rows:
        tx.execute(insert(document_job).on_conflict_do_nothing(), rows)


def untie(tx: Connection, job_pks: Sequence[int]) -> None:
    """Forget that documents are of these jobs, and remove those that are of no other."""
    its = [getattr(document_job.c, name) for name in ("dialect", "kind", "key")]
    of_these = document_job.c.job_pk.in_(job_pks)
    found = tx.execute(select(*its).where(of_these).distinct()).all()
    tx.execute(delete(document_job).where(of_these))
    if not found:
        return
    same = [document.c[column.name] == bindparam(f"of_{column.name}") for column in its]
    other = [column == bindparam(f"of_{column.name}") for column in its]
    gone = delete(document).where(*same, ~exists().where(*other))
    tx.execute(
        gone, [{f"of_{name}": value for name, value in row._mapping.items()} for row in found]
    )
