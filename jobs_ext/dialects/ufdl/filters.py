"""UFDL's filters: read strictly, and held against the records as the clients see them.

What a filter surely leaves out is not even read from the store (`statuses`); all the rest is
decided here, so that the fields mean exactly what the JSON of a job shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from ...model.errors import InvalidRequest
from ...model.status import Status

Record = Mapping[str, Any]
Value = str | bool | int | float


class _Field(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", kw_only=True):
    field: str
    invert: bool = False


class Exact(_Field, frozen=True, tag="exact", kw_only=True):
    """The field is the value."""

    value: Value
    case_insensitive: bool = False


class Contains(_Field, frozen=True, tag="contains", kw_only=True):
    """The text of the field has a text in it."""

    sub_string: Annotated[str, Meta(min_length=1)]
    case_insensitive: bool = False


class IsNull(_Field, frozen=True, tag="isnull", kw_only=True):
    """The field has no value."""


class Compare(_Field, frozen=True, tag="compare", kw_only=True):
    """The field stands to the value as the operator says."""

    operator: Literal["<", ">", "<=", ">="]
    value: str | int | float


Test = Exact | Contains | IsNull | Compare


class And(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="and"):
    """All of them hold."""

    sub_expressions: Annotated[list[Test], Meta(min_length=2)]
    invert: bool = False


class Or(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="or"):
    """One of them holds."""

    sub_expressions: Annotated[list[Test | And], Meta(min_length=2)]
    invert: bool = False


class OrderBy(Struct, frozen=True, forbid_unknown_fields=True):
    """A field that orders the answer."""

    field: str
    ascending: bool = True
    nulls_first: bool | None = None  # null: where they are the smallest


class FilterSpec(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of every ``…/list``."""

    expressions: list[Test | And | Or] = []
    order_by: list[OrderBy] = []
    include_inactive: bool = False


class Fields:
    """The fields of one kind of record: dots and double underscores are the same."""

    def __init__(self, known: Mapping[str, Callable[[Record], Any]]) -> None:
        self._known = known

    def of(self, name: str, place: str) -> Callable[[Record], Any]:
        """Return what reads a field; `InvalidRequest` for one that is not there."""
        found = self._known.get(name.replace("__", "."))
        if found is None:
            raise InvalidRequest(
                f"There is no field {name[:100]!r} to filter by.",
                field=place,
                value=name,
                hint=f"Known: {', '.join(self._known)}.",
            )
        return found


def plain(*names: str) -> dict[str, Callable[[Record], Any]]:
    """Return readers of fields that records have under their own names."""

    def reader(name: str) -> Callable[[Record], Any]:
        return lambda record: record.get(name)

    return {name: reader(name) for name in names}


def chosen(spec: FilterSpec, records: Iterable[Record], fields: Fields) -> list[Record]:
    """Return the records that a filter finds, in its order."""
    tests = [_tree(one, fields, f"expressions[{n}]") for n, one in enumerate(spec.expressions)]
    orders = [
        (one, fields.of(one.field, f"order_by[{n}].field")) for n, one in enumerate(spec.order_by)
    ]
    found = [record for record in records if all(test(record) for test in tests)]
    for order, read in reversed(orders):
        found = _sorted(found, order, read)
    return found


def _sorted(records: list[Record], order: OrderBy, read: Callable[[Record], Any]) -> list[Record]:
    there = [record for record in records if read(record) is not None]
    empty = [record for record in records if read(record) is None]
    there.sort(key=lambda record: _sortable(read(record)), reverse=not order.ascending)
    first = order.ascending if order.nulls_first is None else order.nulls_first
    return [*empty, *there] if first else [*there, *empty]


def _sortable(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, bool | int | float) else (1, _text(value))


def _tree(one: Test | And | Or, fields: Fields, place: str) -> Callable[[Record], bool]:
    if not isinstance(one, And | Or):
        return _inverted(_test(one, fields.of(one.field, f"{place}.field")), one.invert)
    inner = [
        _tree(below, fields, f"{place}.sub_expressions[{n}]")
        for n, below in enumerate(one.sub_expressions)
    ]
    whole = all if isinstance(one, And) else any
    return _inverted(lambda record: whole(test(record) for test in inner), one.invert)


def _inverted(test: Callable[[Record], bool], invert: bool) -> Callable[[Record], bool]:
    return (lambda record: not test(record)) if invert else test


def _test(one: Test, read: Callable[[Record], Any]) -> Callable[[Record], bool]:
    """Return a test of a record; where a field has several values, one of them is enough."""

    def holds(record: Record) -> bool:
        value = read(record)
        if isinstance(one, IsNull):
            return value is None or value == ()
        some = value if isinstance(value, tuple) else (value,)
        return any(_about(one, each) for each in some if each is not None)

    return holds


def _about(one: Exact | Contains | Compare, value: Any) -> bool:
    if isinstance(one, Contains):
        whole, part = _text(value), one.sub_string
        folded = whole.casefold(), part.casefold()
        return folded[1] in folded[0] if one.case_insensitive else part in whole
    mine, its = _comparable(value, one.value)
    if isinstance(one, Exact):
        if one.case_insensitive and isinstance(mine, str) and isinstance(its, str):
            return mine.casefold() == its.casefold()
        return bool(mine == its)
    return _OPERATORS[one.operator](mine, its)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda mine, its: mine < its,
    ">": lambda mine, its: mine > its,
    "<=": lambda mine, its: mine <= its,
    ">=": lambda mine, its: mine >= its,
}


def _comparable(value: Any, given: Value) -> tuple[Any, Any]:
    """Return two values of one kind: numbers, times, else texts."""
    if isinstance(value, bool):
        return str(value).lower(), str(given).lower()
    if isinstance(value, int | float) and (number := _number(given)) is not None:
        return value, number
    if isinstance(value, str) and isinstance(given, str):
        times = _time(value), _time(given)
        if None not in times:
            return times
    return _text(value), _text(given)


def _number(given: Value) -> float | int | None:
    try:
        return given if isinstance(given, int | float) else float(given)
    except ValueError:
        return None


def _time(text: str) -> datetime | None:
    if not text[:4].isdigit() or text[4:5] != "-":
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_LARGEST = 2**63  # of numbers that the store can look for, and one more
_NOT_STARTED = {Status.SUBMITTED, Status.PENDING, Status.RUNNABLE, Status.STARTING}
_NULLS: Mapping[str, set[Status]] = {  # statuses in which a field may have no value
    "start_time": {*_NOT_STARTED, Status.CANCELLED},
    "end_time": {*_NOT_STARTED, Status.RUNNING, Status.CANCELLED},
    "error_reason": {*_NOT_STARTED, Status.RUNNING, Status.SUCCEEDED},
}
_VALUES: Mapping[str, set[Status]] = {  # and in which it may have one
    "start_time": {Status.RUNNING, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED},
    "end_time": {Status.SUCCEEDED, Status.FAILED},
    "error_reason": {*Status} - {Status.SUCCEEDED},
}


_OF_PARENTS = ("parent", "parent.pk", "parent.id")


def finds_children(spec: FilterSpec) -> bool:
    """Tell whether a filter may find children: they have a parent, and are not workable."""
    without = any(
        isinstance(test, IsNull) and _dotted(test) in _OF_PARENTS and not test.invert
        for test in _must_hold(spec.expressions)
    )
    return not without and not finds_workable(spec)


def finds_workable(spec: FilterSpec) -> bool:
    """Tell whether a filter finds nothing but what workers can do, as that of the launcher."""
    return any(
        isinstance(test, IsNull) and _dotted(test) == "template.workabletemplate" and test.invert
        for test in _must_hold(spec.expressions)
    )


def statuses(spec: FilterSpec) -> set[Status]:
    """Return the statuses that jobs can have which a filter finds, or whose children it finds."""
    found = {*Status}
    if finds_children(spec):
        return found
    for test in _must_hold(spec.expressions):
        if isinstance(test, IsNull) and test.field in _NULLS:
            found &= (_VALUES if test.invert else _NULLS)[test.field]
    return found


def numbers(spec: FilterSpec) -> list[int]:
    """Return the numbers that a job must have which a filter finds, or a child or its parent."""
    return [
        int(number)
        for test in _must_hold(spec.expressions)
        if isinstance(test, Exact) and _dotted(test) in ("pk", "id", *_OF_PARENTS)
        if not test.invert and (number := _number(test.value)) is not None
        if abs(number) < _LARGEST and number == int(number)
    ]


def _dotted(test: Test) -> str:
    """Return the name of a field by one of its two spellings."""
    return test.field.replace("__", ".")


def _must_hold(expressions: Sequence[Test | And | Or]) -> list[Test]:
    found: list[Test] = []
    for one in expressions:
        if isinstance(one, And):
            found += [] if one.invert else one.sub_expressions
        elif not isinstance(one, Or):
            found.append(one)
    return found
