"""Classes made of named members: dataclasses, named tuples, and those of attrs, msgspec, pydantic.

They are known by what such classes have, so that none of these libraries need be there.
"""

from __future__ import annotations

import inspect
from dataclasses import is_dataclass
from typing import Any

_MARKS = ("__attrs_attrs__", "__struct_fields__", "model_fields", "_fields")


def is_record(kind: type) -> bool:
    """Tell whether a class is made of named members, and called with them."""
    return is_dataclass(kind) or any(hasattr(kind, mark) for mark in _MARKS)


def members_of(value: Any) -> dict[str, Any]:
    """Return what a record is made with again, by name.

    Raises AttributeError for one that does not keep what it was made with.
    """
    return {name: getattr(value, name) for name in inspect.signature(type(value)).parameters}
