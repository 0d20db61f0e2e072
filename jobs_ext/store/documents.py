"""Rows of the dialects' own records, in the order of their keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, select
from sqlalchemy.dialects.sqlite import insert

from .listing import driver, row_type
from .schema import document

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
