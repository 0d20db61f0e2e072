"""Pages of jobs, each by an index and in bounded steps, whatever the number of jobs stored.

A page is of marks; whoever has not kept what they stand for reads the rows.

What the index does not decide is looked at row by row, in at most `STEP` rows for one page: a page
may then hold fewer jobs than asked for, even none, and still have a next one.

The statements go to SQLite's own driver, several times quicker than through SQLAlchemy; they are
made of fixed words, and values are bound.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Table

from ..model.query import Search
from ..model.status import FINAL
from . import cursors
from .schema import job
from .sight import Part, Sight
from .walks import Walk, walk

STEP = 1000  # rows that one page looks at, at most, in each part of its walk
_LEAST, _MOST = -(2**63), 2**63 - 1  # of SQLite's integers


# Of the job's columns, those that nothing is shown of: to read them is a fourth of a page's time.
_UNSHOWN = {"tool", "tool_name", "batch_pk", "latest", "priority", "cpu", "memory", "timeout"}
_UNSHOWN |= {"max_running", "key", "request_hash", "purge", "cache", "edition"}


def row_type(table: Table, without: Collection[str] = ()) -> Any:
    """Return a named tuple with the columns of a table, but those in `without`."""
    names = [column.name for column in table.columns if column.name not in without]
    return namedtuple(table.name, names)


Row = row_type(job, _UNSHOWN)
_COLUMNS = ", ".join(f"job.{name}" for name in Row._fields)
_ENDED = " OR ".join(sorted(f"job.status = '{status}'" for status in FINAL))

#: Which job it is, the edition of what is shown of it (None for one that has not ended), and its
#: place in the order of the page.
Mark = namedtuple("Mark", "pk owner edition place")
#: When it ended, too: where a backup was put back, editions are given once more.
_EDITION = "job.edition || ' ' || coalesce(job.stopped, '')"
MARK = f"job.pk, job.owner, CASE WHEN {_ENDED} THEN {_EDITION} END, job."  # and the place's column
_BY_ID = f"SELECT {MARK}pk FROM job WHERE id = ? AND deleted IS NULL"  # noqa: S608
_BY_PK = f"SELECT {_COLUMNS} FROM json_each(?) CROSS JOIN job ON job.pk = value"  # noqa: S608


def driver(connection: Connection) -> sqlite3.Connection:
    """Return the driver's connection, which sees the same state."""
    raw: Any = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def rows(connection: Connection, pks: Iterable[int]) -> dict[int, Any]:
    """Return the `Row` of each of these jobs, by pk."""
    given = msgspec.json.encode([*pks]).decode()
    found = map(Row._make, driver(connection).execute(_BY_PK, (given,)))
    return {row.pk: row for row in found}


def one(connection: Connection, job_id: str, owner: str | None) -> Mark | None:
    """Return the mark of a job, of one owner or of anybody; None if there is none, or hidden."""
    found = driver(connection).execute(_BY_ID, (job_id,)).fetchone()
    mark = None if found is None else Mark._make(found)
    return None if mark is None or (owner is not None and mark.owner != owner) else mark


def page(connection: Connection, search: Search, sight: Sight) -> tuple[list[Mark], str | None]:
    """Return the marks of one page, and the cursor of the next unless it is the last."""
    raw, order = driver(connection), search.order
    position = None if search.cursor is None else cursors.decode(search.cursor, order)
    reader = _Reader(raw, walk(search, sight), descending=order == "newest")
    marks, last = reader.page(position, search.limit)
    return marks, None if last is None else cursors.encode(order, last)


class _Reader:
    """Reads one page of a walk."""

    def __init__(self, raw: sqlite3.Connection, path: Walk, *, descending: bool) -> None:
        self._raw = raw
        self._path = path
        self._descending = descending
        self._direction = "DESC" if descending else "ASC"

    def page(self, position: int | None, limit: int) -> tuple[list[Mark], int | None]:
        """Return up to `limit` marks behind `position`, and the key to go on from, if any."""
        end = self._end(position) if self._path.rest else None
        marks = self._marks(self._range(position, end), limit + 1)
        if len(marks) > limit:
            return marks[:limit], marks[limit - 1].place
        return marks, end

    def _range(self, position: int | None, end: int | None) -> dict[str, int]:
        """Return the lowest and highest key behind `position` and not behind `end`."""
        if self._descending:
            return {
                "low": _LEAST if end is None else end,
                "high": _MOST if position is None else position - 1,
            }
        return {
            "low": _LEAST if position is None else position + 1,
            "high": _MOST if end is None else end,
        }

    def _end(self, position: int | None) -> int | None:
        """Return the key of the last row to look at; None when all can be."""
        keys = self._range(position, None)
        marks = [
            self._run(self._select(part, "", part.key or self._path.key), keys, 1, STEP - 1)
            for part in self._path.parts
        ]
        nearest = max if self._descending else min
        return nearest((key for mark in marks for (key,) in mark), default=None)

    def _marks(self, keys: dict[str, int], limit: int) -> list[Mark]:
        parts, key = self._path.parts, self._path.key
        rest = "".join(f" AND {condition}" for condition in self._path.rest)
        if len(parts) == 1:
            statement = self._select(parts[0], rest, f"{MARK}{key}")
        else:
            found = [self._select(part, rest, f"pk AS chosen, {key} AS place") for part in parts]
            merged = " UNION ALL ".join(f"SELECT * FROM ({one})" for one in found)  # noqa: S608
            statement = (
                f"SELECT {MARK}{key} FROM ({merged}) CROSS JOIN job ON job.pk = chosen"  # noqa: S608
                f" ORDER BY place {self._direction} LIMIT :limit"
            )
        return [*map(Mark._make, self._run(statement, keys, limit, 0))]

    def _select(self, part: Part, rest: str, columns: str) -> str:
        key = part.key or self._path.key
        return (
            f"SELECT {columns} FROM {part.table} WHERE {part.condition}"  # noqa: S608
            f" AND {key} BETWEEN :low AND :high{rest}"
            f" ORDER BY {key} {self._direction} LIMIT :limit OFFSET :skip"
        )

    def _run(self, statement: str, keys: dict[str, int], limit: int, skip: int) -> list[Any]:
        given = self._path.values | keys | {"limit": limit, "skip": skip}
        return self._raw.execute(statement, given).fetchall()
