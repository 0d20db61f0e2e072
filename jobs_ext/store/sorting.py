"""Pages in an order that no index has: what is found is sorted, so it may not be too much."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from ..model.errors import InvalidRequest
from ..model.query import Search, SortKey
from . import cursors
from .conditions import JOB_SQL
from .listing import MARK, Mark, driver
from .sight import Sight
from .walks import Walk, walk

MOST = 10_000  # jobs that one page looks at


def page(connection: Connection, search: Search, sight: Sight) -> tuple[list[Mark], str | None]:
    """Return the marks of one page, and the cursor of the next unless it is the last.

    Raises `InvalidRequest` when the index leads to more than `MOST` jobs.
    """
    raw, path, keys = driver(connection), walk(search, sight), search.sort
    looked_at = sum(raw.execute(_counted(path), path.values | {"most": MOST + 1}).fetchone())
    if looked_at > MOST:
        raise InvalidRequest(
            f"More than {MOST:,} jobs would have to be sorted.",
            field="order",
            value=search.order,
            hint="Ask for fewer, by name, batch, project, tool or status; or for newest or oldest.",
        )
    position = None
    if search.cursor is not None:
        position = cursors.decode_values(search.cursor, search.order, len(keys) + 1)
    statement, given = _statement(path, keys, position)
    found = raw.execute(statement, path.values | given | {"limit": search.limit + 1}).fetchall()
    width = len(Mark._fields)
    marks = [Mark._make(one[:width]) for one in found[: search.limit]]
    if len(found) <= search.limit:
        return marks, None
    last = found[search.limit - 1]
    return marks, cursors.encode_values(search.order, [*last[width:], marks[-1].pk])


def _counted(path: Walk) -> str:
    """Return a statement that counts what the parts of a walk lead to, up to a limit."""
    parts = [
        f"(SELECT count(*) FROM (SELECT 1 FROM {part.table} WHERE {part.condition}"  # noqa: S608
        " LIMIT :most))"
        for part in path.parts
    ]
    return f"SELECT {', '.join(parts)}"


def _statement(
    path: Walk, keys: list[SortKey], position: list[Any] | None
) -> tuple[str, dict[str, Any]]:
    """Return the statement of one page, and the values of the `position` it begins behind."""
    sorted_by = ", ".join(f"{JOB_SQL[key.field]} AS key{n}" for n, key in enumerate(keys))
    rest = "".join(f" AND {condition}" for condition in path.rest)
    parts = " UNION ALL ".join(
        f"SELECT pk AS chosen, {sorted_by} FROM {part.table} WHERE {part.condition}{rest}"  # noqa: S608
        for part in path.parts
    )
    columns = [*((f"key{n}", key.descending) for n, key in enumerate(keys)), ("chosen", True)]
    behind, given = ("1", {}) if position is None else _behind(columns, position)
    order = ", ".join(f"{name} {'DESC' if down else 'ASC'}" for name, down in columns)
    names = ", ".join(f"key{n}" for n in range(len(keys)))
    statement = (
        f"SELECT {MARK}pk, {names} FROM ({parts}) CROSS JOIN job ON job.pk = chosen"  # noqa: S608
        f" WHERE {behind} ORDER BY {order} LIMIT :limit"
    )
    return statement, given


def _behind(columns: list[tuple[str, bool]], position: list[Any]) -> tuple[str, dict[str, Any]]:
    """Return the condition of being behind a position; NULL is the least of all values."""
    condition, given = "0", {}
    for n, ((name, descending), value) in reversed(
        [*enumerate(zip(columns, position, strict=True))]
    ):
        given[f"at{n}"] = value
        further = f"{name} < :at{n} OR (:at{n} IS NOT NULL AND {name} IS NULL)"
        if not descending:
            further = f"{name} > :at{n} OR (:at{n} IS NULL AND {name} IS NOT NULL)"
        condition = f"({further} OR ({name} IS :at{n} AND {condition}))"
    return condition, given
