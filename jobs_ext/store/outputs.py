"""Rows of outputs that come and go by themselves, not with an attempt's end."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert

from .schema import output

OutputRow = Row[Any]


def add(tx: Connection, row: dict[str, Any]) -> None:
    """Insert an output."""
    tx.execute(insert(output).values(row))


def remove(tx: Connection, *, job_pk: int, attempt: int, name: str) -> OutputRow | None:
    """Delete the output of this name and return what its row was; None if there is none."""
    where = (output.c.job_pk == job_pk, output.c.attempt == attempt, output.c.name == name)
    return tx.execute(delete(output).where(*where).returning(output)).one_or_none()
