"""The page on HTTP: routes, errors, events, and all that is sent and answered."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, get_origin

import msgspec
import msgspec.inspect

from jobs_ext.api.errors import Problem
from jobs_ext.api.handler import verbs
from jobs_ext.api.operation import NoQuery, Operation, operation_of
from jobs_ext.api.routes import ROUTES
from jobs_ext.model import errors, events, tool
from jobs_ext.model import filters as model

from .markdown import fields, summary, table, type_of

HTTP_INTRODUCTION = """\
Paths start at `jobs-ext/api/v1` below the server's base URL. The full description, with every
schema, is served as OpenAPI at `jobs-ext/api/v1/openapi.json`. Credentials are Jupyter's own, a
token or the login cookie, or an [API key](../how-to/keys.md). Every error is JSON: `{message,
reason, type, field, value, hint}`.
"""


def http() -> str:
    """Return the page on routes, bodies and answers."""
    parts = [
        "# HTTP\n",
        HTTP_INTRODUCTION,
        table(("route", "what it does", "query", "body", "answer"), _routes()),
        "## Errors\n",
        "`type`, for programs; `message` is a sentence.\n",
        table(("type", "status", "meaning"), _error_types()),
        "## Events\n",
        "The `type` of what `GET jobs/{job}/history` shows, in the order of `seq`.\n",
        table(("type", "when"), ((f"`{name}`", said) for name, said in events.EVENTS.items())),
        "## What is sent and answered\n",
    ]
    for struct in sorted(_described(), key=lambda struct: struct.__name__):
        parts += [f"### {struct.__name__}\n", f"{summary(struct)}\n", fields(struct)]
    return "\n".join(parts)


def _operations() -> Iterable[tuple[str, str, Operation]]:
    """Yield path, verb and operation of everything that can be asked for."""
    for route in ROUTES:
        for verb in verbs(route.handler):
            if told := operation_of(route.handler, verb):
                yield "/" + route.path.replace(":path", ""), verb, told


def _routes() -> Iterable[tuple[str, ...]]:
    for path, verb, told in _operations():
        query = "" if told.query is NoQuery else type_of(told.query)
        taken = (type_of(kind) if kind else "" for kind in (told.body, told.response))
        yield f"`{verb} {path}`", told.summary, *(f"`{t}`" if t else "" for t in (query, *taken))


def _described() -> set[type[msgspec.Struct]]:
    """Return the structs of everything that is sent or answered; filters have their own page."""
    kinds = [
        kind
        for _, _, told in _operations()
        for kind in (told.query, told.body, told.response)
        if kind is not None and kind is not NoQuery
    ]
    found = {get_origin(cls) or cls for kind in [*kinds, Problem] for cls in _structs(kind)}
    return found - set(model.Filter.__args__) - {tool.Tool}


def _structs(kind: Any) -> list[Any]:
    """Return the structs that a type is made of."""
    found: list[Any] = []
    waiting: list[Any] = [msgspec.inspect.type_info(kind)]
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType) and info.cls not in found:
            found.append(info.cls)
            waiting += [field.type for field in info.fields]
        for name in ("types", "item_type", "value_type", "item_types"):
            inner = getattr(info, name, ())
            waiting += inner if isinstance(inner, tuple) else [inner]
    return found


def _error_types() -> Iterable[tuple[str, str, str]]:
    """Yield type, status and meaning of the errors that the server answers with."""
    for error in [*vars(errors).values()]:
        served = inspect.isclass(error) and error.__module__ == errors.__name__
        if served and error is not errors.JobsError:
            yield f"`{error.type}`", str(error.http_status), summary(error)
