"""Which index leads to the jobs that a query asks for, and what is left to look at."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from ..model.query import JobQuery
from ..model.status import Status


class Part(Struct, frozen=True):
    """A stretch of an index: the rows that meet `condition`, in the order of the page."""

    index: str
    condition: str


class Walk(Struct, frozen=True):
    """How to find the rows of a page: along the parts, which have no row in common."""

    key: str  # the column that orders them: pk or batch_index
    parts: list[Part]
    rest: list[str]  # conditions that no index decides
    values: dict[str, Any]  # what the conditions name


#: Filters that have an index, those that usually find fewest first.
_SELECTIVE = ("ids", "name", "batch", "project", "tool", "status")
_BATCH = "batch_pk = (SELECT pk FROM batch WHERE id = :batch)"
_IDS = "id IN (SELECT value FROM json_each(:ids))"


def walk(query: JobQuery, owner: str | None, order: str) -> Walk:
    """Return the walk to the jobs of one owner or of all, for an order (newest, oldest, index)."""
    conditions, values = _conditions(query, owner)
    if order == "index":
        parts, decided = _by_index(query)
    else:
        name = next((name for name in _SELECTIVE if name in conditions), "")
        parts, decided = _by_age(name, query, owner)
    rest = [condition for name, condition in conditions.items() if name not in decided]
    return Walk("batch_index" if order == "index" else "pk", parts, rest, values)


_Found = tuple[list[Part], tuple[str, ...]]  # parts, and the names of the filters they decide


def _by_index(query: JobQuery) -> _Found:
    """Return the parts of a batch: one for each status."""
    statuses = dict.fromkeys(query.status or Status)
    parts = [Part("job_batch", f"{_BATCH} AND status = '{status}'") for status in statuses]
    return parts, ("batch", "status")


def _by_age(name: str, query: JobQuery, owner: str | None) -> _Found:
    """Return the parts for the filter `name`, or for none ("")."""
    if name:
        return _by_filter(name, query), (name,)
    if query.deleted:
        return [Part("job_deleted", "deleted IS NOT NULL")], ("deleted",)
    if owner is None:
        return [Part("job_shown", "deleted IS NULL")], ("deleted",)
    return [Part("job_owner", "owner = :owner AND deleted IS NULL")], ("deleted", "owner")


def _by_filter(name: str, query: JobQuery) -> list[Part]:
    if name == "status":
        return [Part("job_status", f"status = '{s}'") for s in dict.fromkeys(query.status)]
    if name == "tool":
        version = "tool = :tool AND tool_name <> :tool"
        return [Part("job_tool", "tool_name = :tool"), Part("job_version", version)]
    index, condition = {
        "ids": ("sqlite_autoindex_job_1", _IDS),
        "name": ("job_name", "name = :name"),
        "batch": ("job_batch_order", _BATCH),
        "project": ("job_project", "project = :project"),
    }[name]
    return [Part(index, condition)]


def _conditions(query: JobQuery, owner: str | None) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the condition of each filter that is given, and the values that they name."""
    given = {
        "owner": owner,
        "batch": query.batch,
        "name": query.name,
        "project": query.project,
        "tool": query.tool,
        "text": query.text and f"%{_escaped(query.text)}%",
        "ids": msgspec.json.encode(query.ids).decode() if query.ids else None,
    }
    special = {
        "tool": "(tool_name = :tool OR tool = :tool)",
        "text": "name LIKE :text ESCAPE '/'",
        "ids": _IDS,
    }
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    found = {name: special.get(name, f"{name} = :{name}") for name in values}
    found["deleted"] = "deleted IS NOT NULL" if query.deleted else "deleted IS NULL"
    if query.batch is not None:
        found["latest"] = "latest"
    if query.status:
        listed = ", ".join(f"'{status}'" for status in query.status)
        found["status"] = f"status IN ({listed})"
    return found, values


def _escaped(text: str) -> str:
    """Return `text` as LIKE takes it literally."""
    return "".join(f"/{sign}" if sign in "/%_" else sign for sign in text)
