"""Values as the Python that makes them, with the imports that it needs."""

from __future__ import annotations

import math
import re
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from .records import is_record, members_of

_BY_REPR = (type(None), bool, int, str, bytes)
_MOMENTS = (date, time, timedelta)
_BRACKETS: dict[type, tuple[str, str]] = {list: ("[", "]"), set: ("{", "}"), tuple: ("(", ")")}


def literal(value: Any, imports: set[str]) -> str:
    """Return an expression for a value; the statements that import what it names go to `imports`.

    A class of the notebook is called by its name there. Raises TypeError for a value that has no
    such expression, such as a frame.
    """
    kind = type(value)
    if kind in _BY_REPR:
        return repr(value)
    if kind is float:
        return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
    if kind in (list, tuple, set, frozenset):
        return _collection(value, imports)
    if kind is dict:
        pairs = (f"{literal(k, imports)}: {literal(v, imports)}" for k, v in value.items())
        return f"{{{', '.join(pairs)}}}"
    return _object(value, kind, imports)


def _collection(value: Any, imports: set[str]) -> str:
    kind = type(value)
    if kind is frozenset or (kind is set and not value):
        return f"{kind.__name__}({literal([*value], imports) if value else ''})"
    start, end = _BRACKETS[kind]
    comma = "," if kind is tuple and len(value) == 1 else ""
    return f"{start}{', '.join(literal(one, imports) for one in value)}{comma}{end}"


def _object(value: Any, kind: type, imports: set[str]) -> str:
    if isinstance(value, Enum) and value.name in kind.__members__:  # type: ignore[attr-defined]
        return f"{_named(kind, imports)}.{value.name}"
    if isinstance(value, PurePath):
        imports.add("import pathlib")
        return f"pathlib.Path({str(value)!r})"
    if kind.__module__ == "datetime" and isinstance(value, _MOMENTS):
        return _moment(value, imports)
    if kind in (Decimal, UUID):
        return f"{_named(kind, imports)}({str(value)!r})"
    if is_record(kind):
        given = (f"{k}={literal(v, imports)}" for k, v in members_of(value).items())
        return f"{_named(kind, imports)}({', '.join(given)})"
    raise TypeError(f"there is no expression for a {kind.__name__}")


def _moment(value: Any, imports: set[str]) -> str:
    """Return the expression of a moment or duration.

    A notebook's own `datetime` may be the class, and is left alone.
    """
    zone = getattr(value, "tzinfo", None)
    if zone is not None and type(zone).__module__ != "datetime":
        imports.add(f"import {type(zone).__module__}")
    imports.add("import datetime as _datetime")
    return re.sub(r"\bdatetime\.(?=\w)", "_datetime.", repr(value))


def _named(kind: type, imports: set[str]) -> str:
    """Return the name of a class where the code is pasted: in the notebook it has no module."""
    name = kind.__qualname__.rpartition("<locals>.")[2]
    if kind.__module__ == "__main__" or "<locals>" in kind.__qualname__:
        return name
    imports.add(f"import {kind.__module__}")
    return f"{kind.__module__}.{name}"
