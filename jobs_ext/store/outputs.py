"""Rows of outputs that come and go by themselves, not with an attempt's end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, text

from .schema import output

OutputRow = Row[Any]


def add(tx: Connection, row: dict[str, Any]) -> None:
    """Insert an output."""
    tx.execute(insert(output).values(row))


_NUMBERED = text("""
    SELECT pk AS number, job_pk, name, media_type FROM json_each(:wanted)
    CROSS JOIN output ON job_pk = value ->> 0 AND attempt = value ->> 1
    ORDER BY job_pk, pk
""")
_OF_NUMBER = text("""
    SELECT job.id, output.name, output.attempt FROM output
    JOIN job ON job.pk = output.job_pk WHERE output.pk = :number
""")


def numbered(connection: Connection, wanted: Sequence[tuple[int, int]]) -> list[OutputRow]:
    """Return number, job_pk, name and media_type of the outputs of attempts: (job_pk, number)."""
    given = msgspec.json.encode(wanted).decode()
    return list(connection.execute(_NUMBERED, {"wanted": given}))


def of_number(connection: Connection, number: int) -> OutputRow | None:
    """Return the job's id, name and attempt of the output with a number."""
    return connection.execute(_OF_NUMBER, {"number": number}).one_or_none()


def names(connection: Connection, job_pk: int, attempt: int) -> list[str]:
    """Return the names of the outputs of an attempt."""
    where = (output.c.job_pk == job_pk, output.c.attempt == attempt)
    return list(connection.execute(select(output.c.name).where(*where)).scalars())


def remove(tx: Connection, *, job_pk: int, attempt: int, name: str) -> OutputRow | None:
    """Delete the output of this name and return what its row was; None if there is none."""
    where = (output.c.job_pk == job_pk, output.c.attempt == attempt, output.c.name == name)
    return tx.execute(delete(output).where(*where).returning(output)).one_or_none()
