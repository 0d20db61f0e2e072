"""Bytes that owners keep in the data directory: sums that triggers keep, never counted.

What counts are the outputs in the jobs' own folders, and each uploaded file or data set once for
each owner, however many of their jobs and data sets stand on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.sqlite import insert

from .listing import driver
from .schema import owner_part, uses

_TOTAL = "SELECT bytes FROM owner_bytes WHERE owner = ?"
_RELEASE = text("""
    DELETE FROM owner_part WHERE sha256 IN (SELECT value FROM json_each(:hashes))
    AND NOT EXISTS (SELECT 1 FROM uses JOIN job ON job.spec = uses.spec
        WHERE uses.used = owner_part.sha256 AND job.owner = owner_part.owner)
    AND NOT EXISTS (SELECT 1 FROM uses JOIN batch ON batch.spec = uses.spec
        WHERE uses.used = owner_part.sha256 AND batch.owner = owner_part.owner)
    AND NOT EXISTS (SELECT 1 FROM dataset WHERE dataset.sha256 = owner_part.sha256
        AND dataset.owner = owner_part.owner AND dataset.deleted IS NULL)
""")


def total(connection: Connection, owner: str) -> int:
    """Return the bytes that an owner keeps."""
    row = driver(connection).execute(_TOTAL, (owner,)).fetchone()
    return int(row[0]) if row else 0


def add_parts(tx: Connection, owner: str, sizes: Mapping[str, int]) -> None:
    """Note that an owner stands on these parts, bytes by hash."""
    rows = [{"owner": owner, "sha256": one, "size": size} for one, size in sizes.items()]
    if rows:
        tx.execute(insert(owner_part).on_conflict_do_nothing(), rows)


def known_parts(connection: Connection, owner: str, hashes: Collection[str]) -> set[str]:
    """Return those of these parts that an owner stands on already."""
    mine = owner_part.c.sha256.in_(list(hashes)) & (owner_part.c.owner == owner)
    return set(connection.execute(select(owner_part.c.sha256).where(mine)).scalars())


def parts_of(connection: Connection, specs: Collection[str]) -> set[str]:
    """Return the hashes of the parts that these specs stand on."""
    known = select(owner_part.c.sha256)
    query = select(uses.c.used).where(uses.c.spec.in_(list(specs)), uses.c.used.in_(known))
    return set(connection.execute(query).scalars())


def release_parts(tx: Connection, hashes: Collection[str]) -> None:
    """Forget for each owner those of these parts on which nothing of theirs stands any more."""
    if hashes:
        tx.execute(_RELEASE, {"hashes": msgspec.json.encode(sorted(hashes)).decode()})
