"""Filters over what is in memory, by the same rules as in the store."""

from __future__ import annotations

import operator
import re
import string
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ..model.filters import And, Compare, Filter, In, IsNull, Like, Not, Or, Test, signs

T = TypeVar("T")
Read = Callable[[str], Any]  # the value of a field; of one with several values, a list or dict

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def matching(tree: Filter | None, things: Iterable[T], read: Callable[[T, str], Any]) -> list[T]:
    """Return the things for which a checked filter holds; `read` gives the value of a field."""
    if tree is None:
        return list(things)
    return [one for one in things if matches(tree, lambda name, one=one: read(one, name))]  # type: ignore[misc]


def matches(tree: Filter, read: Read) -> bool:
    """Tell whether a checked filter holds for the thing whose fields `read` gives."""
    if isinstance(tree, And):
        return all(matches(one, read) for one in tree.of)
    if isinstance(tree, Or):
        return any(matches(one, read) for one in tree.of)
    if isinstance(tree, Not):
        return not matches(tree.of, read)
    value = read(tree.field)
    values = [*value] if isinstance(value, list | dict) else [] if value is None else [value]
    return not values if isinstance(tree, IsNull) else any(_holds(tree, one) for one in values)


def _holds(test: Test, value: Any) -> bool:
    if isinstance(test, Compare):
        return _COMPARE[test.operator](value, test.value)
    if isinstance(test, In):
        return value in test.values
    assert isinstance(test, Like)
    text = value.translate(_LOWER) if test.ignore_case else value
    return re.fullmatch(_expression(test), text, re.DOTALL) is not None


def _expression(test: Like) -> str:
    """Return a regular expression that never goes back over what it has found."""
    pieces = [""]  # what stands between the wildcards for any text
    for sign, wild in signs(test):
        if (sign, wild) == ("%", True):
            pieces.append("")
        else:
            plain = sign.translate(_LOWER) if test.ignore_case else sign
            pieces[-1] += "." if wild else re.escape(plain)
    if len(pieces) == 1:
        return pieces[0]
    first, *middle, last = pieces
    return f"{first}{''.join(f'(?>.*?{piece})' for piece in middle)}.*{last}"
