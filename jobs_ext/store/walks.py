"""Which index leads to the jobs that a search asks for, and what is left to look at."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..model.filters import And, Compare, Filter, In, Or, Value
from ..model.query import Search
from ..model.status import Status
from .conditions import JOB_SQL, Conditions
from .sight import Part, Sight


class Walk(Struct, frozen=True):
    """How to find the rows of a page: along the parts, which have no row in common."""

    key: str  # the column that orders them: pk or batch_index
    parts: list[Part]
    rest: list[str]  # conditions that no index decides
    values: dict[str, Any]  # what the conditions name


#: Fields that have an index, those that usually find fewest first. It serves a test that must hold:
#: that the field is one value, or one of a few.
INDEXED = {
    "id": "sqlite_autoindex_job_1",
    "pk": "",
    "name": "job_name",
    "batch": "job_batch_order",
    "notebook": "job_notebook",
    "project": "job_project",
    "tool": "job_version",
    "tool_name": "job_tool",
    "status": "job_status",
}
_MOST_PARTS = 20  # values of one field that are each looked up; ids are looked up all at once
_SHOWN = {True: "deleted IS NOT NULL", False: "deleted IS NULL"}


def walk(search: Search, sight: Sight) -> Walk:
    """Return the walk to those of the jobs in sight that are looked for."""
    return _Finder(search, sight).walk()


class _Finder:
    """Finds the walk of one search."""

    def __init__(self, search: Search, sight: Sight) -> None:
        self._search = search
        self._sight = sight
        self._tests = flat(search.where)
        self._sql = Conditions(JOB_SQL)
        self._bound: dict[str, Any] = {**sight.values}

    def walk(self) -> Walk:
        """Return the walk."""
        key, parts, decided = self._parts()
        rest = [self._sql.of(test) for test in self._tests if test not in decided]
        rest += [one for name, one in self._always().items() if name not in decided]
        return Walk(key, parts, rest, self._bound | self._sql.values)

    def _always(self) -> dict[str, str]:
        """Return the conditions that are not part of the filter."""
        condition = self._sight.condition
        found = {} if condition is None else {"sight": condition}
        if self._search.deleted is not None:
            found["deleted"] = _SHOWN[self._search.deleted]
        return found | ({"latest": "latest"} if self._search.latest else {})

    def _parts(self) -> tuple[str, list[Part], list[Any]]:
        """Return the key, the parts, and what they decide of the tests and of what always holds."""
        if self._search.order == "index":
            return self._by_index()
        test = min((one for one in self._tests if _rank(one) >= 0), key=_rank, default=None)
        if test is not None:
            return "pk", self._by_test(test), [test]
        return "pk", *self._by_age()

    def _by_index(self) -> tuple[str, list[Part], list[Any]]:
        """Return the parts of a batch: one for each status, or the jobs that are named."""
        few = next((t for t in self._tests if 0 <= _rank(t) <= _RANKS["pk"]), None)
        if few is not None:
            return "batch_index", self._by_test(few), [few]
        batch = next(test for test in self._tests if is_one_batch(test))
        chosen = next(
            (t for t in self._tests if isinstance(t, Compare | In) and _is_status(t)), None
        )
        statuses = [*Status] if chosen is None else _values(chosen)
        bounds = [t for t in self._tests if isinstance(t, Compare) and t.field == "batch_index"]
        within = [self._in_batch(_values(batch)[0]), *map(self._sql.bare, bounds)]
        condition = " AND ".join(within)
        named = [str(status) for status in statuses] or [""]  # no job has that
        parts = [Part("job_batch", f"{condition} AND {self._sql.bare(_is(s))}") for s in named]
        return "batch_index", parts, [batch, chosen, *bounds]

    def _by_age(self) -> tuple[list[Part], list[Any]]:
        deleted = Part("job_deleted", _SHOWN[True])
        if self._search.deleted:
            return [deleted], ["deleted"]
        if self._search.deleted is False:
            return self._sight.parts(), ["deleted", "sight"]
        return ([*self._sight.parts(), deleted] if self._sight.own else [Part("", "1")]), []

    def _by_test(self, test: Filter) -> list[Part]:
        if isinstance(test, Or):  # a tool, by whichever name
            by_name, by_id = (one for one in test.of if isinstance(one, Compare))
            other = f"{self._sql.bare(by_id)} AND NOT {self._sql.of(by_name)}"
            return [Part("job_tool", self._sql.bare(by_name)), Part("job_version", other)]
        assert isinstance(test, Compare | In)
        index = INDEXED[test.field]
        if test.field == "id":
            return [Part(index, self._sql.bare(test))]
        found = [Part(index, self._one(test.field, value)) for value in _values(test)]
        return found or [Part("", "0")]  # one of no values: no job is

    def _one(self, field: str, value: Value) -> str:
        if field == "batch":
            return self._in_batch(value)
        return self._sql.bare(Compare(field, "=", value))

    def _in_batch(self, value: Value) -> str:
        name = f"batch{len(self._bound)}"
        self._bound[name] = value
        return f"batch_pk = (SELECT pk FROM batch WHERE id = :{name})"  # noqa: S608


def flat(where: list[Filter]) -> list[Filter]:
    """Return the tests that must all hold, one by one."""
    return [one for tree in where for one in (flat(tree.of) if isinstance(tree, And) else [tree])]


def is_one_batch(tree: Filter) -> bool:
    """Tell whether a test is that the batch is a certain one."""
    if isinstance(tree, Compare) and tree.operator != "=":
        return False
    return isinstance(tree, Compare | In) and tree.field == "batch" and len(_values(tree)) == 1


def _is(status: str) -> Compare:
    return Compare("status", "=", status)


def _is_status(test: Compare | In) -> bool:
    return test.field == "status"


def _values(tree: Filter) -> list[Value]:
    """Return the values that a test lets a field have, each once."""
    if isinstance(tree, In):
        return list(dict.fromkeys(tree.values))
    assert isinstance(tree, Compare)
    return [tree.value]


_RANKS = {field: rank for rank, field in enumerate(INDEXED)}


def _rank(tree: Filter) -> int:
    """Return how good an index there is for a test that must hold: 0 the best, -1 none."""
    if isinstance(tree, Or):
        return _RANKS["tool"] if _names_a_tool(tree) else -1
    if isinstance(tree, Compare):
        return _RANKS.get(tree.field, -1) if tree.operator == "=" else -1
    if isinstance(tree, In) and (len(tree.values) <= _MOST_PARTS or tree.field == "id"):
        return _RANKS.get(tree.field, -1)
    return -1


def _names_a_tool(tree: Or) -> bool:
    match tree.of:
        case [Compare("tool_name", "=", name), Compare("tool", "=", version)]:
            return name == version
    return False
