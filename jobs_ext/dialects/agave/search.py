"""Agave's searches: ``status.in=RUNNING,QUEUED`` in a query, as a tree of the service's filters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from ...model.errors import InvalidRequest, NotFound
from ...model.filters import And, Compare, Filter, In, IsNull, Like, Not, Or, Value
from ...model.job import Job
from ...model.quantities import parse_bytes
from ...model.query import JobSearch
from ...service.hints import did_you_mean
from ..table import Call
from .envelope import limit, offset
from .states import NAMES, filter_of

#: Agave's fields, in small letters, and ours.
FIELDS = {
    "id": "id",
    "name": "name",
    "owner": "owner",
    "appid": "tool",
    "localid": "pk",
    "created": "created",
    "submittime": "created",
    "starttime": "started",
    "endtime": "stopped",
    "processorspernode": "cpu",
    "memorypernode": "memory",
    "maxruntime": "timeout",
    "walltime": "duration",
    "runtime": "duration",
}
_SAME = {"executionsystem": "local", "nodecount": "1", "visible": "true"}  # of every job
_CANNOT = ("inputs", "parameters", "batchqueue", "archive", "archivepath", "archivesystem")
_SIGNS = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "before": "<", "after": ">"}
_OPPOSITES = {"neq": "eq", "nin": "in", "nlike": "like"}
OPERATORS = (*_SIGNS, *_OPPOSITES, "in", "like", "between", "on")
_NOTHING = IsNull("id")
_PLACE = re.compile(r"filter\.of\[(\d+)\]")  # of a test, in the filter of a search


def found(call: Call, query: Mapping[str, Sequence[str]]) -> list[Job]:
    """Return the jobs that a query finds, newest first unless it says otherwise."""
    given = [(name, text) for name, texts in query.items() for text in texts]
    tests = [(name, text, _test(name, text)) for name, text in given]
    where = [(name, text, test) for name, text, test in tests if test is not None]
    wanted = limit(call)
    if wanted == 0:
        return []
    tree = And([test for _, _, test in where]) if where else None
    search = JobSearch(filter=tree, order=_order(call), limit=wanted)
    try:
        return call.service.jobs.window(call.who, search, offset(call))
    except InvalidRequest as error:
        place = _PLACE.match(error.field or "")
        if place is None:
            raise
        error.field, error.value, _ = where[int(place[1])]
        raise


def check_field(name: str) -> None:
    """Raise `NotFound` for what is no field of a job, where one is part of a path."""
    field = name.lower().partition(".")[0]
    known = (*FIELDS, *_SAME, *_CANNOT, "status")
    if field not in known:
        raise NotFound(
            f"Jobs have no {name[:100]!r}.",
            field="attribute",
            value=name,
            hint=did_you_mean(field, known),
        )


def _order(call: Call) -> str:
    given = call.first("orderBy") or call.first("sortBy") or "created"
    way = (call.first("order") or call.first("sort") or "desc").lower()
    field = "status" if given.lower() == "status" else FIELDS.get(given.lower())
    if field is None or way not in ("asc", "desc"):
        raise InvalidRequest(
            f"Jobs can't be ordered by {given[:100]} {way[:100]}.",
            field="orderBy",
            value=given,
            hint=f"Give asc or desc as order, and one of {', '.join(FIELDS)}.",
        )
    if field == "created":
        return "newest" if way == "desc" else "oldest"
    return f"-{field}" if way == "desc" else field


def _test(name: str, text: str) -> Filter | None:
    """Return the test that a parameter of the query stands for; None for one that is no field."""
    field, _, operator = name.lower().partition(".")
    operator = operator or "eq"
    if field not in FIELDS and field not in _SAME and field != "status":
        if field not in _CANNOT:
            return None  # as in Agave: limit, filter, what a proxy added
        known = (*FIELDS, "status")
        hint = did_you_mean(field, known) or f"Use one of {', '.join(known)}."
        raise InvalidRequest(f"Jobs can't be found by {field}.", field=name, value=text, hint=hint)
    if operator in _OPPOSITES:
        return Not(_positive(field, _OPPOSITES[operator], text, name))
    return _positive(field, operator, text, name)


def _positive(field: str, operator: str, text: str, name: str) -> Filter:
    if operator not in OPERATORS:
        raise InvalidRequest(
            f"There is no operator {operator[:100]!r}.",
            field=name,
            value=operator,
            hint=did_you_mean(operator, OPERATORS),
        )
    if field == "status":
        return _of_states(operator, text, name)
    if field in _SAME:
        return Not(_NOTHING) if _matches(_SAME[field], operator, text.lower()) else _NOTHING
    return _of_field(FIELDS[field], operator, text, name)


def _of_states(operator: str, text: str, name: str) -> Filter:
    """Return the test of a job's state, by names or by a pattern of them."""
    if operator not in ("eq", "in", "like"):
        raise InvalidRequest(
            "States have no order.", field=name, value=operator, hint="Use eq, in or like."
        )
    given = text.split(",") if operator == "in" else [text]
    wanted = [one.strip().upper() for one in given]
    for state in wanted:
        if operator != "like" and state not in NAMES:
            raise InvalidRequest(
                f"There is no state {state[:100]!r}.",
                field=name,
                value=text,
                hint=did_you_mean(state, NAMES),
            )
    chosen = [state for state in NAMES if any(_matches(state, "like", one) for one in wanted)]
    return Or([filter_of(state) for state in chosen]) if chosen else _NOTHING


def _matches(value: str, operator: str, text: str) -> bool:
    """Tell whether a value that is the same for all jobs fits."""
    if operator == "in":
        return value in [one.strip() for one in text.split(",")]
    if operator == "like":
        return fnmatchcase(value, text)
    return value == text


def _of_field(field: str, operator: str, text: str, name: str) -> Filter:
    if operator == "in":
        return In(field, [_value(field, one.strip(), name) for one in text.split(",")])
    if operator == "like":
        return Like(field, _pattern(text), how="pattern", ignore_case=True)
    if operator == "between":
        low, _, high = text.partition(",")
        return And([_compared(field, ">=", low, name), _compared(field, "<=", high, name)])
    if operator == "on":
        return _on_day(field, text, name)
    return _compared(field, _SIGNS[operator], text, name)


def _compared(field: str, sign: str, text: str, name: str) -> Filter:
    value = _value(field, text.strip(), name)
    return Compare(field, sign, value)  # type: ignore[arg-type]  # one of the values of _SIGNS


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
        if field in ("pk", "cpu", "timeout", "duration"):
            return float(text)
    except ValueError:
        raise InvalidRequest(
            f"{name} can't be {text[:100]!r}.", field=name, value=text, hint="Give a number."
        ) from None
    return text
