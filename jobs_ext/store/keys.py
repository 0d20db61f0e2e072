"""Rows of API keys. Of a key itself only the SHA-256 is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from ..model.key import Key
from . import cursors
from .schema import key

KeyRow = Row[Any]


def make(tx: Connection, made: Key, digest: str) -> None:
    """Keep a key that was just made, by the `digest` of its secret."""
    row = {name: getattr(made, name) for name in Key.__struct_fields__}
    row |= {"verbs": " ".join(made.verbs), "digest": digest}
    tx.execute(insert(key).values(row))


def by_prefix(connection: Connection, prefix: str) -> KeyRow | None:
    """Return the row of the key that begins so."""
    return connection.execute(select(key).where(key.c.prefix == prefix)).one_or_none()


def by_id(connection: Connection, key_id: str, owner: str | None) -> KeyRow | None:
    """Return the row of a key, of one owner or of anybody."""
    query = select(key).where(key.c.id == key_id)
    if owner is not None:
        query = query.where(key.c.owner == owner)
    return connection.execute(query).one_or_none()


def page(
    connection: Connection, owner: str | None, limit: int, cursor: str | None
) -> tuple[list[KeyRow], str | None]:
    """Return one page of keys, newest first, and the cursor of the next."""
    query = select(key).order_by(key.c.pk.desc())
    if owner is not None:
        query = query.where(key.c.owner == owner)
    if cursor is not None:
        query = query.where(key.c.pk < cursors.decode(cursor, "keys"))
    rows = list(connection.execute(query.limit(limit + 1)))
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursors.encode("keys", rows[limit - 1].pk)


def revoke(tx: Connection, key_id: str, time: str) -> None:
    """Revoke a key."""
    tx.execute(update(key).where(key.c.id == key_id).values(revoked=time))


def note_use(tx: Connection, key_id: str, time: str, unless_since: str) -> None:
    """Note that a key was used, unless that was noted since a time."""
    stale = or_(key.c.last_used.is_(None), key.c.last_used < unless_since)
    tx.execute(update(key).where(key.c.id == key_id, stale).values(last_used=time))


def to_key(row: KeyRow) -> Key:
    """Return what the API says of a key."""
    facts = {name: getattr(row, name) for name in Key.__struct_fields__}
    return Key(**facts | {"verbs": row.verbs.split()})
