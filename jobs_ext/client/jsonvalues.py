"""Values of Python as the JSON that a form holds for them."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from .records import is_record, members_of
from .wire import is_inline


def json_of(value: Any) -> Any:
    """Return the JSON that stands for a value where its type is known: see `typehints`.

    Raises TypeError for a value that has none, ValueError for bytes that are no UTF-8,
    AttributeError for an object that does not keep what it was made with.
    """
    if is_inline(value):
        return value
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():f}".rstrip("0").removesuffix(".") + "s"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, PurePath | Decimal | UUID):
        return str(value)
    return _whole(value)


def _whole(value: Any) -> Any:
    if is_record(type(value)):
        return {name: json_of(one) for name, one in members_of(value).items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [json_of(one) for one in value]
    if isinstance(value, dict):
        return {str(key): json_of(one) for key, one in value.items()}
    raise TypeError(f"a {type(value).__name__} has no form in JSON")
