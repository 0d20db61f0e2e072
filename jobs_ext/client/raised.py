"""What a job raised, raised here: as a `JobFailed` that is an error of the same type, too."""

from __future__ import annotations

import builtins
import importlib
import operator
import sys
from collections.abc import Mapping
from typing import Any

from .errors import JobFailed


def as_raised(failure: JobFailed, told: Mapping[str, Any], *, trust: bool) -> JobFailed:
    """Return `failure` as an error of the type that `told` (``error.json``) names.

    So that ``except ValueError`` finds it as ``except JobFailed`` does. A type that is not here
    leaves it as it is. Modules are imported for it only with `trust`: that runs their code.
    """
    kind = _type(told, trust=trust)
    made = None if kind is None else _failed_with(kind)
    if made is None:
        return failure
    error = _blank(made)
    error.args = failure.args
    try:
        for name, value in vars(failure).items():
            setattr(error, name, value)
    except AttributeError:  # a type that lets nobody set what we call so
        return failure
    return error


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
    if not isinstance(kind, type) or issubclass(kind, BaseExceptionGroup):
        return None  # of a group, what it holds is not here
    return kind if issubclass(kind, Exception) else None


def _failed_with(kind: type[Exception]) -> type[JobFailed] | None:
    """Return the type that is both; None where there can be none."""
    body = {"__doc__": kind.__doc__, "__module__": kind.__module__, "__reduce__": _reduced}
    try:
        made: Any = type(kind.__name__, (JobFailed, kind), body)
    except TypeError:  # a type that lets nobody inherit from it, or with others
        return None
    return made if issubclass(made, JobFailed) else None


def _blank(made: type[JobFailed]) -> JobFailed:
    """Return an error of a type without asking that type for its own arguments."""
    builtin: Any = next(base for base in made.__mro__ if base.__module__ == "builtins")
    blank = builtin.__new__(made)
    assert isinstance(blank, JobFailed)
    return blank


def _reduced(error: JobFailed) -> tuple[Any, ...]:
    """Be pickled as a plain `JobFailed`: the other type may not be where it is loaded."""
    told = {name: getattr(error, name) for name in ("reason", "log", "remote_traceback")}
    return JobFailed, (error.message,), told
