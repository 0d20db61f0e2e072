"""Statements of the hot paths: built with SQLAlchemy once, compiled once, run by the driver.

SQLAlchemy goes over every parameter of every row; for the few statements that write thousands of
rows a second that costs more than SQLite itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, CursorResult, Table, bindparam, insert, update
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql import ClauseElement

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_DIALECT = SQLiteDialect_pysqlite(paramstyle="qmark")


class Prepared:
    """A statement all of whose values are given by name when it is run.

    Values go to the driver as they are: numbers, text, bytes, booleans and None.
    """

    def __init__(self, statement: ClauseElement) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)
        self.sql = str(compiled)
        self._values = _getter(compiled.positiontup or ())

    def run(self, connection: Connection, **values: Any) -> CursorResult[Any]:
        """Run it once."""
        return connection.exec_driver_sql(self.sql, self._values(values))

    def run_many(self, tx: Connection, rows: Iterable[Mapping[str, Any]]) -> int:
        """Run it for each of `rows`; return how many rows of the table that touched."""
        given = [self._values(row) for row in rows]
        return tx.exec_driver_sql(self.sql, given).rowcount if given else 0


def _getter(names: Iterable[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    wanted = tuple(names)
    if len(wanted) > 1:
        return itemgetter(*wanted)
    return lambda row: tuple(row[name] for name in wanted)


@cache
def insertion(table: Table, names: frozenset[str]) -> Prepared:
    """Return what inserts rows that have these columns."""
    return Prepared(insert(table).values({name: bindparam(name) for name in sorted(names)}))


@cache
def _setting(table: Table, names: frozenset[str]) -> Prepared:
    """Return what sets these columns of the row with a primary key."""
    key = [column == bindparam(f"of_{column.name}") for column in table.primary_key]
    values: dict[str, Any] = {name: bindparam(name) for name in sorted(names)}
    return Prepared(update(table).where(*key).values(values))


class Updates:
    """Columns of rows of one table to set, gathered by primary key and written together."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._keys = [f"of_{column.name}" for column in table.primary_key]
        self._rows: dict[tuple[int, ...], dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, *key: int) -> Mapping[str, Any]:
        """Return what is to be set in the row with this key."""
        return self._rows.get(key, _NOTHING)

    def set(self, *key: int, **columns: Any) -> None:
        """Set columns of the row with this key; of two values for one the later counts."""
        known = self._rows.setdefault(key, columns)
        if known is not columns:
            known.update(columns)

    def forget(self, *key: int) -> None:
        """Set nothing in this row."""
        self._rows.pop(key, None)

    def write(self, tx: Connection) -> None:
        """Set everything, rows with the same columns in one go."""
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for key, columns in self._rows.items():
            alike.setdefault(tuple(columns), []).append(columns)
            columns.update(zip(self._keys, key, strict=True))
        for names, rows in alike.items():
            if names:
                _setting(self._table, frozenset(names)).run_many(tx, rows)
        self._rows = {}
