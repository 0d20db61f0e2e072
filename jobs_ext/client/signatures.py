"""What a form needs to know of a target: its title, and the JSON Schema of its arguments.

Of a function that comes from its type hints, its defaults and its docstring.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from jobs_ext.model.tool import ToolInput

from .docstrings import read_docstring
from .typehints import Convert, Schema, members


class Described(NamedTuple):
    """What there is to say of a target; `properties` are the schemas of its arguments."""

    title: str
    description: str
    properties: dict[str, Schema]
    required: frozenset[str]
    inputs: Mapping[str, ToolInput] = MappingProxyType({})  # arguments that are files
    converts: Mapping[str, Convert] = MappingProxyType({})  # what makes of JSON what is none


def described(function: Callable[..., Any]) -> Described:
    """Return what the signature and docstring of a function say."""
    known = members(function)
    title = str(getattr(function, "__name__", "function"))
    summary = read_docstring(inspect.getdoc(function) or "", known.properties)[0]
    required = frozenset(known.required)
    return Described(title, summary, known.properties, required, {}, known.converts)
