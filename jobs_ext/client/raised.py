"""What a job raised, raised here: as a `JobFailed` that is an error of the same type, too."""

from __future__ import annotations

import builtins
import importlib
import operator
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import JobFailed


def as_raised(failure: JobFailed, told: Mapping[str, Any], *, trust: bool) -> JobFailed:
    """Return `failure` as an error of the type that `told` (``error.json``) names.

    So that ``except ValueError`` finds it as ``except JobFailed`` does, and ``except*`` what a
    group holds; with what is told of its attributes. A type that is not here leaves it a
    `JobFailed`. Modules are imported for it only with `trust`: that runs their code.
    """
    for name, value in _attributes(failure, told).items():
        setattr(failure, name, value)
    kind = _type(told, trust=trust)
    made = None if kind is None else _failed_with(kind, vars(failure))
    within = _within(told, trust=trust)
    grouped = made is not None and issubclass(made, BaseExceptionGroup)
    if made is None or (grouped and not within):
        return failure
    error = _blank(made, *((failure.message, within) if grouped else ()))
    BaseException.__init__(error, *failure.args)
    for name, value in vars(failure).items():
        object.__setattr__(error, name, value)  # whatever the type does to who sets something
    return error


def _attributes(failure: JobFailed, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the error held by names that mean nothing to a `JobFailed`."""
    held = told.get("attributes", {})
    return {
        name: value
        for name, value in (held.items() if isinstance(held, dict) else ())
        if name.isidentifier() and name[0] != "_" and getattr(failure, name, None) is None
    }


def _within(told: Mapping[str, Any], *, trust: bool) -> list[JobFailed]:
    """Return the errors that a group holds, of their types where those can be had."""
    held = told.get("exceptions", [])
    return [
        as_raised(JobFailed(str(one.get("message", ""))), one, trust=trust)
        for one in (held if isinstance(held, list) else [])
        if isinstance(one, dict)
    ]


def _type(told: Mapping[str, Any], *, trust: bool) -> type[Exception] | None:
    """Return the type of error that was raised, if it can be had here."""
    name, home = told.get("qualname", told.get("type")), told.get("module", "builtins")
    if not isinstance(name, str) or not isinstance(home, str):
        return None
    try:
        known = builtins if home == "builtins" else sys.modules.get(home)
        module = importlib.import_module(home) if known is None and trust else known
        kind = operator.attrgetter(name)(module)
    except (ImportError, AttributeError, ValueError):
        return None
    return kind if isinstance(kind, type) and issubclass(kind, Exception) else None


def _failed_with(kind: type[Exception], names: Iterable[str]) -> type[JobFailed] | None:
    """Return the type that is both; None where there can be none.

    What `kind` itself calls by one of `names`, maybe a property, is hidden: they can be set.
    """
    body = {"__doc__": kind.__doc__, "__module__": kind.__module__, "__reduce__": _reduced}
    try:
        made: Any = type(kind.__name__, (JobFailed, kind), dict.fromkeys(names) | body)
    except TypeError:  # a type that lets nobody inherit from it, or with others
        return None
    return made if issubclass(made, JobFailed) else None


def _blank(made: type[JobFailed], *given: Any) -> JobFailed:
    """Return an error of a type without asking that type for its own arguments.

    `given` is what the built-in type asks for of which it is.
    """
    builtin: Any = next(base for base in made.__mro__ if base.__module__ == "builtins")
    blank = builtin.__new__(made, *given)
    assert isinstance(blank, JobFailed)
    return blank


def _reduced(error: JobFailed) -> tuple[Any, ...]:
    """Be pickled as a plain `JobFailed`: the other type may not be where it is loaded."""
    told = {name: getattr(error, name) for name in ("reason", "log", "remote_traceback")}
    return JobFailed, (error.message,), told
