"""Agave's searches: ``status.in=RUNNING,QUEUED`` in a query, as a tree of the service's filters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from ...model.errors import InvalidRequest, NotFound
from ...model.filters import And, Field, Filter, IsNull, Kind, Not, Or
from ...model.job import Job
from ...model.query import JobSearch
from ...service.filters import read_filter
from ...service.hints import did_you_mean
from ...service.matching import matches
from ..table import Call
from .envelope import limit, offset
from .fields import FALSE, OPERATORS, TRUE, compared
from .shapes import STORAGE
from .states import NAMES, filter_of

#: Agave's fields, in small letters, and ours.
FIELDS = {
    "id": "id",
    "name": "name",
    "owner": "owner",
    "appid": "tool",
    "localid": "pk",
    "executionsystem": "executor",
    "created": "created",
    "submittime": "created",
    "starttime": "started",
    "endtime": "stopped",
    "processorspernode": "cpu",
    "memorypernode": "memory",
    "maxruntime": "timeout",
    "walltime": "duration",
    "runtime": "duration",
    "batchqueue": "queue",
    "archivepath": "archive",
    "inputs": "argument",  # also inputs.texts, and with an operator inputs.texts.like
    "parameters": "argument",
}
_SAME = {"nodecount": 1, "visible": "true", "archivesystem": STORAGE}  # of all, if they have it
_SAME_FIELDS = {name: Field(Kind.TEXT, "") for name in _SAME} | {
    "nodecount": Field(Kind.NUMBER, "")
}
_KEYED = ("inputs", "parameters")
_OPPOSITES = {"neq": "eq", "nin": "in", "nlike": "like"}
_KNOWN = (*FIELDS, *_SAME, "archive", "status")
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
    if field not in _KNOWN:
        raise NotFound(
            f"Jobs have no {name[:100]!r}.",
            field="attribute",
            value=name,
            hint=did_you_mean(field, _KNOWN),
        )


def _order(call: Call) -> str:
    given = call.first("orderBy") or call.first("sortBy") or "created"
    way = (call.first("order") or call.first("sort") or "desc").lower()
    field = "status" if given.lower() == "status" else FIELDS.get(given.lower())
    if field in (None, "argument") or way not in ("asc", "desc"):
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
    field, key, operator = _parts(name)
    if field not in _KNOWN:
        return None  # as in Agave: limit, filter, what a proxy added
    if operator in _OPPOSITES:
        return Not(_positive(field, key, _OPPOSITES[operator], text, name))
    return _positive(field, key, operator, text, name)


def _parts(name: str) -> tuple[str, str, str]:
    """Return the field, the name of an input or parameter or "", and the operator."""
    field, _, rest = name.partition(".")
    if field.lower() not in _KEYED:
        return field.lower(), "", rest.lower() or "eq"
    key, dot, operator = rest.rpartition(".")
    if operator.lower() in (*OPERATORS, *_OPPOSITES):
        return field.lower(), key, operator.lower()
    return field.lower(), f"{key}{dot}{operator}", "eq"


def _positive(field: str, key: str, operator: str, text: str, name: str) -> Filter:
    if operator not in OPERATORS:
        raise InvalidRequest(
            f"There is no operator {operator[:100]!r}.",
            field=name,
            value=operator,
            hint=did_you_mean(operator, (*OPERATORS, *_OPPOSITES)),
        )
    if field == "status":
        return _of_states(operator, text, name)
    if field == "archive":
        return _of_archived(operator, text, name)
    if field in _SAME:
        everything = Not(IsNull("archive" if field == "archivesystem" else "id"))
        return everything if _is_same(field, operator, text, name) else _NOTHING
    return compared(FIELDS[field] + f".{key}" * bool(key), operator, text, name)


def _is_same(field: str, operator: str, text: str, name: str) -> bool:
    """Tell whether the value that a field has of every job passes a test."""
    try:
        test = read_filter(compared(field, operator, text.lower(), name), _SAME_FIELDS)
    except InvalidRequest as error:
        error.field, error.value = name, text
        raise
    return test is not None and matches(test, lambda _: _SAME[field])


def _of_archived(operator: str, text: str, name: str) -> Filter:
    """Return the test of whether a job is archived."""
    word = text.strip().lower()
    if operator != "eq" or word not in (*TRUE, *FALSE):
        raise InvalidRequest(
            f"{name} can't be {text[:100]!r}.",
            field=name,
            value=text,
            hint="Write archive=true or archive=false.",
        )
    return Not(IsNull("archive")) if word in TRUE else IsNull("archive")


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
    chosen = [state for state in NAMES if any(fnmatchcase(state, one) for one in wanted)]
    return Or([filter_of(state) for state in chosen]) if chosen else _NOTHING
