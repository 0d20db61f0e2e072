"""What a form needs to know of a target: its title, and the JSON Schema of its arguments.

Of a function that comes from its type hints, its defaults and its docstring.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from pathlib import Path, PurePath
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from jobs_ext.model.tool import ToolInput

from .wire import is_inline

Schema = dict[str, Any]
Convert = Callable[[Any], Any]

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object"}
_UNIONS = (Union, UnionType)
_SECTION = re.compile(
    r"^\s*(Args|Arguments|Parameters|Params):?\s*(?:\n\s*-{3,}\s*)?$", re.MULTILINE
)
_GOOGLE = re.compile(r"^\s*\*{0,2}(\w+)\s*(?:\([^)]*\))?:\s+(\S.*)$")
_NUMPY = re.compile(r"^\s*(\w+)\s+:\s.*$")
_SPHINX = re.compile(r"^\s*:param\s+(?:[\w.\[\], ]+\s)?(\w+):\s*(\S.*)$")


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
    hints = _hints(function)
    summary, told = read_docstring(inspect.getdoc(function) or "")
    properties: dict[str, Schema] = {}
    converts: dict[str, Convert] = {}
    required = set()
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        schema, convert = schema_of(hints.get(name, parameter.empty))
        default = _default(parameter, schema)
        properties[name] = {"description": told.get(name, "")} | schema | default
        if parameter.default is parameter.empty:
            required.add(name)
        if convert is not None:
            converts[name] = convert
    title = str(getattr(function, "__name__", "function"))
    return Described(title, summary, properties, frozenset(required), {}, converts)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except (NameError, TypeError):  # a name that is not there, or no function: as if unsaid
        return {}


def _default(parameter: inspect.Parameter, schema: Schema) -> Schema:
    """Return the default as JSON; what has no such form is left to the function.

    So is None, unless it is one of the choices that there are.
    """
    value = parameter.default
    if value is None and None in schema.get("enum", ()):
        return {"default": None}
    if value is parameter.empty:
        return {}
    if isinstance(value, Enum):
        return {"default": value.name}
    if isinstance(value, PurePath | date):
        return {"default": str(value)}
    return {"default": value} if is_inline(value) and value is not None else {}


def schema_of(hint: Any) -> tuple[Schema, Convert | None]:
    """Return the schema of a type, and what makes a value of that type of JSON, if that differs.

    ``Annotated[int, {"minimum": 1}]`` adds keywords of JSON Schema.
    """
    origin, given = get_origin(hint), get_args(hint)
    if origin is Annotated:
        schema, convert = schema_of(given[0])
        for extra in given[1:]:
            schema |= extra if isinstance(extra, dict) else {}
        return schema, convert
    if origin in _UNIONS:
        kinds = [one for one in given if one is not type(None)]
        one = schema_of(kinds[0]) if len(kinds) == 1 else ({}, None)
        return one if len(kinds) == len(given) else _or_none(*one)
    if origin is Literal:
        return {"enum": [*given]}, None
    if origin is list and given:
        return _list_of(given[0])
    return _plain(origin or hint)


def _or_none(schema: Schema, convert: Convert | None) -> tuple[Schema, Convert | None]:
    """Add None to what is a choice, also of true and false; elsewhere nothing stands for it."""
    choices = [True, False] if schema.get("type") == "boolean" else schema.get("enum")
    if choices is None:
        return schema, convert
    made = None if convert is None else lambda value: None if value is None else convert(value)
    return {"enum": [None, *choices]}, made


def _list_of(kind: Any) -> tuple[Schema, Convert | None]:
    items, each = schema_of(kind)
    convert = None if each is None else lambda values: [each(value) for value in values]
    return {"type": "array", "items": items}, convert


def _plain(kind: Any) -> tuple[Schema, Convert | None]:
    if not isinstance(kind, type):
        return {}, None
    if issubclass(kind, Enum):
        return {"enum": [member.name for member in kind]}, kind.__getitem__
    if kind is date:
        return {"type": "string", "format": "date"}, date.fromisoformat
    if issubclass(kind, PurePath):
        return {"type": "string", "format": "path"}, Path
    return ({"type": "array"} if kind in (list, tuple) else _typed(kind)), None


def _typed(kind: type) -> Schema:
    return {"type": _TYPES[kind]} if kind in _TYPES else {}


def read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """Return the summary, and what is said of each parameter (Google, NumPy or Sphinx style)."""
    section = _SECTION.search(text)
    head = text[: section.start()] if section else text
    summary = " ".join(head.split("\n\n")[0].split())
    told = {found[1]: found[2] for line in text.splitlines() if (found := _SPHINX.match(line))}
    lines = text[section.end() :].splitlines() if section else []
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        if match := _NUMPY.match(line):
            told[match[1]] = following.strip()
        elif match := _GOOGLE.match(line):
            told[match[1]] = match[2].strip()
    return (summary if not _SPHINX.match(summary) else ""), told
