"""Filters as they are given: read, checked against the fields there are, and made uniform."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..model.errors import InvalidRequest
from ..model.filters import (
    And,
    Compare,
    Field,
    Filter,
    In,
    IsNull,
    Kind,
    Like,
    Not,
    Or,
    Value,
    split,
)
from .filtertext import DEEPEST, parse
from .hints import did_you_mean

MOST_TESTS = 100  # in one filter
MOST_VALUES = 1000  # in all the lists of one filter
LONGEST_PATTERN = 200  # characters, as a name may have
MOST_WILDCARDS = 10  # in one pattern: each can make matching longer

_ORDERED = ("<", "<=", ">", ">=")
_EXPECTED = {
    Kind.TEXT: "a text",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.TIME: "a time",
    Kind.ANY: "a text, number or truth value",
}


def read_filter(
    given: Filter | str | None, fields: Mapping[str, Field], place: str = "filter"
) -> Filter | None:
    """Return the tree of a filter, its values as the store keeps them; None for none.

    Raises `InvalidRequest` that names the place: ``filter.of[1].value``, or the character.
    """
    if isinstance(given, str):
        return None if not given.strip() else _Checker(fields, None).tree(parse(given), place, 0)
    return None if given is None else _Checker(fields, place).tree(given, place, 0)


class _Checker:
    """Goes through one tree; a tree that was spelled as text has no places inside."""

    def __init__(self, fields: Mapping[str, Field], root: str | None) -> None:
        self._fields = fields
        self._inside = root is not None
        self._tests = 0
        self._values = 0

    def tree(self, tree: Filter, place: str, depth: int) -> Filter:
        """Return `tree` made uniform."""
        if depth > DEEPEST + 1:
            raise InvalidRequest(f"The filter has more than {DEEPEST} levels.", field=place)
        if isinstance(tree, And | Or):
            if not tree.of:
                raise InvalidRequest("An and or or needs something in it.", field=f"{place}.of")
            parts = [
                self.tree(one, self._at(place, f"of[{index}]"), depth + 1)
                for index, one in enumerate(tree.of)
            ]
            return type(tree)(parts)
        if isinstance(tree, Not):
            return Not(self.tree(tree.of, self._at(place, "of"), depth + 1))
        return self._test(tree, place)

    def _at(self, place: str, step: str) -> str:
        return f"{place}.{step}" if self._inside else place

    def _test(self, test: Compare | In | Like | IsNull, place: str) -> Filter:
        self._tests += 1
        if self._tests > MOST_TESTS:
            raise InvalidRequest(f"The filter has more than {MOST_TESTS} tests.", field=place)
        field = self._field(test.field, place)
        if isinstance(test, Compare):
            return self._compare(test, field, place)
        if isinstance(test, In):
            return self._in(test, field, place)
        if isinstance(test, Like):
            self._check_like(test, field, place)
        return test

    def _field(self, name: str, place: str) -> Field:
        base, key = split(name)
        field = self._fields.get(base)
        if field is None or (key is not None and not (key and field.keyed)) or "\0" in name:
            raise InvalidRequest(
                f"There is no field {name[:100]!r} to filter by.",
                field=self._at(place, "field"),
                value=name,
                hint=did_you_mean(name, self._fields),
            )
        return field

    def _compare(self, test: Compare, field: Field, place: str) -> Filter:
        unordered = field.kind in (Kind.CHOICE, Kind.BOOLEAN) or isinstance(test.value, bool)
        if test.operator in _ORDERED and unordered:
            raise InvalidRequest(
                f"{test.field} has no order that {test.operator} could go by.",
                field=self._at(place, "operator"),
                value=test.operator,
                hint="Use = or !=, or in with several values.",
            )
        value = self._value(test.field, field, test.value, self._at(place, "value"))
        if test.operator == "!=":
            return Not(Compare(test.field, "=", value))
        return Compare(test.field, test.operator, value)

    def _in(self, test: In, field: Field, place: str) -> Filter:
        self._values += len(test.values)
        if self._values > MOST_VALUES:
            raise InvalidRequest(
                f"The filter has more than {MOST_VALUES} values in its lists.",
                field=self._at(place, "values"),
                value=self._values,
            )
        checked = [
            self._value(test.field, field, value, self._at(place, f"values[{index}]"))
            for index, value in enumerate(test.values)
        ]
        return In(test.field, checked)

    def _check_like(self, test: Like, field: Field, place: str) -> None:
        if field.kind not in (Kind.TEXT, Kind.ANY):
            raise InvalidRequest(
                f"{test.field} is no text that could be like another.",
                field=self._at(place, "field"),
                value=test.field,
                hint="Use =, in or a comparison.",
            )
        wild = test.how == "pattern" and test.text.count("%") > MOST_WILDCARDS
        if not 1 <= len(test.text) <= LONGEST_PATTERN or "\0" in test.text or wild:
            raise InvalidRequest(
                f"{test.field} can't be looked for by this text.",
                field=self._at(place, "text"),
                value=test.text,
                hint=f"Give 1 to {LONGEST_PATTERN} characters, at most {MOST_WILDCARDS} of them %.",
            )

    def _value(self, name: str, field: Field, value: Value, place: str) -> Value:
        good = _as_kept(field.kind, value)
        if good is None:
            expected = _EXPECTED.get(field.kind, "a text")
            raise InvalidRequest(
                f"{name} is {expected}, and can't be compared with {str(value)[:100]!r}.",
                field=place,
                value=value,
                hint=_EXAMPLES.get(field.kind, ""),
            )
        if field.kind is Kind.CHOICE and good not in field.choices:
            raise InvalidRequest(
                f"{name} is never {str(value)[:100]!r}.",
                field=place,
                value=value,
                hint=did_you_mean(str(value), field.choices),
            )
        return good


_EXAMPLES = {
    Kind.TIME: "Give it as 2026-11-01 or 2026-11-01T09:30:00Z.",
    Kind.NUMBER: "Give a number without quotes, of at most 64 bits.",
    Kind.TEXT: "Put it in quotes.",
}


def _as_kept(kind: Kind, value: Any) -> Value | None:
    """Return `value` as the store keeps it; None if it is of another kind."""
    if kind is Kind.BOOLEAN:
        return value if isinstance(value, bool) else None
    if kind is Kind.ANY and isinstance(value, bool):
        return value
    if kind is Kind.NUMBER or (kind is Kind.ANY and isinstance(value, int | float)):
        return _number(value)
    if not isinstance(value, str) or "\0" in value:
        return None
    return _time(value) if kind is Kind.TIME else value


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if -(2**63) <= value < 2**63 else None


def _time(text: str) -> str | None:
    """Return a time as `clock.now` writes it; None if it is none."""
    try:
        time = datetime.fromisoformat(text)
        aware = time if time.tzinfo else time.replace(tzinfo=UTC)
        utc = aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
