"""Short logs, kept in the database where a file would be mostly air."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, select

from .prepared import Prepared, insertion
from .schema import log

_ADD = insertion(log, frozenset(log.c.keys()))
_FIND = Prepared(
    select(log.c.stdout, log.c.stderr).where(
        log.c.job_pk == bindparam("pk"), log.c.attempt == bindparam("attempt")
    )
)


def add(tx: Connection, rows: list[dict[str, Any]]) -> None:
    """Keep logs; each row has all columns."""
    _ADD.run_many(tx, rows)


def find(connection: Connection, pk: int, attempt: int, stream: str) -> bytes | None:
    """Return what an attempt wrote to a stream, None when that is in a file."""
    row = _FIND.run(connection, pk=pk, attempt=attempt).mappings().one_or_none()
    return None if row is None else str(row[stream]).encode()
