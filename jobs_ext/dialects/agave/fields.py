"""One field of Agave's searches, compared with a text: ``created.between=…`` as a filter."""

from __future__ import annotations

import contextlib
import math
import re
from datetime import datetime, timedelta

from ...model.errors import InvalidRequest
from ...model.filters import And, Compare, Filter, In, Like, Or, Value
from ...model.quantities import parse_bytes

TRUE, FALSE = ("true", "1"), ("false", "0")
SIGNS = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "before": "<", "after": ">"}
#: What texts are compared by here; the opposites of some are the search's.
OPERATORS = (*SIGNS, "in", "like", "rlike", "between", "on")
_NUMBERS = ("pk", "cpu", "timeout", "duration", "nodecount")
#: A piece of an expression that `like` can stand for.
_SIGN = re.compile(r"\.\*|\\[^\w\s]|[^\\*+?(){}\[\]|^$]")
_EXPRESSION = re.compile(rf"(?P<start>\^)?(?P<inner>(?:{_SIGN.pattern})*)(?P<end>\$)?", re.DOTALL)


def compared(field: str, operator: str, text: str, name: str) -> Filter:
    """Return the test of a field of ours; `InvalidRequest` names the parameter `name`."""
    if operator == "in" and field.startswith("argument"):
        return Or([_of_argument(field, "=", one.strip()) for one in text.split(",")])
    if operator == "in":
        return In(field, [_value(field, one.strip(), name) for one in text.split(",")])
    if operator == "like":
        return Like(field, _pattern(text), how="pattern", ignore_case=True)
    if operator == "rlike":
        return _of_expression(field, text, name)
    if operator == "between":
        low, _, high = text.partition(",")
        return And([_compared(field, ">=", low, name), _compared(field, "<=", high, name)])
    if operator == "on":
        return _on_day(field, text, name)
    return _compared(field, SIGNS[operator], text, name)


def _compared(field: str, sign: str, text: str, name: str) -> Filter:
    if field.startswith("argument"):
        return _of_argument(field, sign, text.strip())
    value = _value(field, text.strip(), name)
    return Compare(field, sign, value)  # type: ignore[arg-type]


def _of_argument(field: str, sign: str, text: str) -> Filter:
    """Return the test of an argument that is the text, or the number or switch that it says."""
    number: list[Value] = []
    with contextlib.suppress(ValueError):
        number = [float(text)] if math.isfinite(float(text)) else []
    values = number if number and sign != "=" else [text, *number]
    values += [text.lower() in TRUE] * (sign == "=" and text.lower() in (*TRUE, *FALSE))
    return Or([Compare(field, sign, value) for value in values])  # type: ignore[arg-type]


def _of_expression(field: str, text: str, name: str) -> Filter:
    """Return the test of a regular expression, of those that `like` can stand for.

    Matching others could take a server's whole time.
    """
    return Or([_of_branch(field, branch, name) for branch in text.split("|")])


def _of_branch(field: str, branch: str, name: str) -> Filter:
    found = _EXPRESSION.fullmatch(branch)
    if found is None or not branch.strip("^$"):
        raise InvalidRequest(
            f"There is no search by {branch[:100]!r}.",
            field=name,
            value=branch,
            hint="Expressions may have ^, $, . .* and |, and a backslash before what is no letter.",
        )
    inner = _SIGN.sub(_sign, found["inner"])
    start, end = "" if found["start"] else "%", "" if found["end"] else "%"
    return Like(field, f"{start}{inner}{end}", how="pattern", ignore_case=True)


def _sign(found: re.Match[str]) -> str:
    """Return what a piece of a regular expression is in a pattern of ours."""
    piece = found[0]
    if piece in (".*", "."):
        return "%" if piece == ".*" else "_"
    return "".join(f"\\{sign}" if sign in "%_\\" else sign for sign in piece[-1])


def _on_day(field: str, text: str, name: str) -> Filter:
    try:
        day = datetime.fromisoformat(text.strip()).replace(hour=0, minute=0, second=0)
        after = day + timedelta(days=1)
    except (ValueError, OverflowError):
        raise InvalidRequest(
            f"{text[:100]!r} is no day.", field=name, value=text, hint="Write 2026-11-01."
        ) from None
    return And([Compare(field, ">=", day.isoformat()), Compare(field, "<", after.isoformat())])


def _pattern(text: str) -> str:
    """Return a pattern of ours: of Agave's only the star means something."""
    quoted = "".join(f"\\{sign}" if sign in "%_\\" else sign for sign in text)
    return quoted.replace("*", "%")


def _value(field: str, text: str, name: str) -> Value:
    """Return what a text means for a field; the service refuses what still does not fit."""
    try:
        if field == "memory":
            return parse_bytes(f"{text}GB" if text.replace(".", "", 1).isdecimal() else text)
        if field == "timeout" and ":" in text:
            hours, minutes, seconds = (int(part) for part in text.split(":"))
            return hours * 3600 + minutes * 60 + seconds
        if field in _NUMBERS:
            return float(text)
    except ValueError:
        raise InvalidRequest(
            f"{name} can't be {text[:100]!r}.", field=name, value=text, hint="Give a number."
        ) from None
    return text
