"""Filters as SQL: fixed words for the fields, bound values for everything that was given.

Every test is true or false, never NULL, so that `not` means the same here as everywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from ..model.filters import And, Compare, Filter, In, IsNull, Like, Not, Or, Test, signs, split

_LAST = "FROM attempt WHERE job_pk = job.pk ORDER BY number DESC LIMIT 1"
_OF_ATTEMPT = ("exit_code", "signal", "duration", "peak_memory", "host")
_PLAIN = (
    *("id", "pk", "name", "kind", "tool", "tool_name", "owner", "project", "batch", "batch_index"),
    *("status", "stage", "reason_code", "reason", "created", "started", "stopped", "deleted"),
    *("cancel_requested", "priority", "cpu", "memory", "timeout", "held", "notebook"),
)
_LINE = "FROM line WHERE line.pk = job.line"
_OF_LINE = ("queue", "executor")
_OUTPUTS = (
    "EXISTS (SELECT 1 FROM output WHERE output.job_pk = job.pk AND output.attempt ="
    " (SELECT max(number) FROM attempt WHERE attempt.job_pk = job.pk) AND {})"
)

#: What stands for each of `JOB_FIELDS` in a statement about `job`.
JOB_SQL: Mapping[str, str] = MappingProxyType(
    {name: f"job.{name}" for name in _PLAIN}
    | {"target": "job.target_name", "progress": "json_extract(job.progress, '$.fraction')"}
    | {"attempts": "(SELECT count(*) FROM attempt WHERE job_pk = job.pk)"}
    | {name: f"(SELECT {name} {_LAST})" for name in _OF_ATTEMPT}
    | {"output": "output.name", "argument": "each.value"}
    | {name: f"(SELECT {name} {_LINE})" for name in _OF_LINE}
    | {"archive": "(SELECT body ->> '$.options.archive' FROM content WHERE hash = job.spec)"}
)
#: And for each of `BATCH_FIELDS`, about `batch`.
BATCH_SQL: Mapping[str, str] = MappingProxyType(
    {
        name: f"batch.{name}"
        for name in (
            *("id", "pk", "name", "kind", "tool", "tool_name", "owner", "project", "created"),
            *("cancel_requested", "n_jobs", "priority", "held"),
        )
    }
    | {"target": "batch.target_name"}
)
#: Each argument, and of one that is a list each value; `json_each` tells what a value is.
_ARGUMENTS = """EXISTS (
  SELECT 1 FROM json_each(job.arguments) AS given CROSS JOIN json_each(
    CASE given.type WHEN 'array' THEN given.value ELSE json_array(given.value) END) AS each
  WHERE given.type <> 'null' AND {})"""
_TYPE = "(CASE given.type WHEN 'array' THEN each.type ELSE given.type END)"
#: Fields with several values: where one of them is looked for.
_AMONG = {"output": _OUTPUTS, "argument": _ARGUMENTS}


def _kind(type_: str) -> str:
    """Return what tells the kind of a value of JSON by its type: text, real or true."""
    return f"CASE {type_} WHEN 'integer' THEN 'real' WHEN 'false' THEN 'true' ELSE {type_} END"


class Conditions:
    """Translates trees, and collects the values that the translations name."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        self._columns = columns
        self.values: dict[str, Any] = {}

    def of(self, tree: Filter) -> str:
        """Return a condition that holds where `tree` does."""
        if isinstance(tree, And | Or):
            between = " AND " if isinstance(tree, And) else " OR "
            return f"({between.join(self.of(one) for one in tree.of)})"
        if isinstance(tree, Not):
            return f"NOT {self.of(tree.of)}"
        return self._test(tree)

    def bare(self, test: Compare | In) -> str:
        """Return the condition of a test as an index takes it: NULL where the field has none."""
        return self._about(test, self._columns[test.field])

    def _test(self, test: Test) -> str:
        field, key = split(test.field)
        column = self._columns[field]
        if among := _AMONG.get(field):
            # what is given is bound, never formatted in: a name for it is all there is here
            named = "1" if key is None else f"given.key = {self._bound(key)}"
            if isinstance(test, IsNull):
                return f"NOT {among.format(named)}"
            about = self._about_argument(test) if field == "argument" else self._about(test, column)
            return among.format(f"{named} AND {about}")
        if isinstance(test, IsNull):
            return f"({column} IS NULL)"
        return f"ifnull({self._about(test, column)}, 0)"

    def _about_argument(self, test: Compare | In | Like) -> str:
        """Return the condition of a test that a value of JSON passes if it is of the same kind."""
        kind = _kind(_TYPE)
        if isinstance(test, In):
            listed = self._bound(msgspec.json.encode(test.values).decode())
            same = f"{_kind('one.type')} = {kind} AND one.value = each.value"
            return f"EXISTS (SELECT 1 FROM json_each({listed}) AS one WHERE {same})"  # noqa: S608
        given = test.value if isinstance(test, Compare) else test.text
        alike = "true" if isinstance(given, bool) else "text" if isinstance(given, str) else "real"
        return f"{kind} = '{alike}' AND {self._about(test, 'each.value')}"

    def _about(self, test: Compare | In | Like, column: str) -> str:
        if isinstance(test, Compare):
            return f"{column} {test.operator} {self._bound(test.value)}"
        if isinstance(test, In):
            listed = msgspec.json.encode(test.values).decode()
            return f"{column} IN (SELECT value FROM json_each({self._bound(listed)}))"  # noqa: S608
        if test.ignore_case:
            return f"{column} LIKE {self._bound(_like(test))} ESCAPE '\\'"
        return f"{column} GLOB {self._bound(_glob(test))}"

    def _bound(self, value: Any) -> str:
        name = f"f{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def _like(test: Like) -> str:
    """Return what LIKE takes for a test."""
    return "".join(
        sign if wild or sign not in "\\%_" else f"\\{sign}" for sign, wild in signs(test)
    )


def _glob(test: Like) -> str:
    """Return what GLOB takes for a test."""
    known = {("%", True): "*", ("_", True): "?"} | {(s, False): f"[{s}]" for s in "*?["}
    return "".join(known.get((sign, wild), sign) for sign, wild in signs(test))
