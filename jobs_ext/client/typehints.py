"""Type hints as JSON Schema, and the way back: what makes a value of the type of JSON."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import InitVar
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from pathlib import Path, PurePath
from types import GenericAlias, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)
from uuid import UUID

from jobs_ext.model.quantities import parse_duration

from .docstrings import read_docstring
from .jsonvalues import json_of
from .records import is_record

Schema = dict[str, Any]
Convert = Callable[[Any], Any]
Typed = tuple[Schema, Convert | None]
_Within = frozenset[Any]  # the classes and names of types that are being looked into

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
_UNIONS = (Union, UnionType)
_KEYS: dict[Any, Convert | None] = {str: None, int: int, float: float}
_MAPPINGS = (dict, Mapping)
_LISTS: dict[Any, Callable[[Iterable[Any]], Any]] = {
    list: list,
    Sequence: list,
    Iterable: list,
    tuple: tuple,
    set: set,
    AbstractSet: set,
    frozenset: frozenset,
}
# what annotated-types, msgspec and pydantic call the bounds of a number, and those of a length
_BOUNDS = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
    "title": "title",
    "description": "description",
    "examples": "examples",
}
_LENGTHS = {"array": "Items", "object": "Properties"}


class Members(NamedTuple):
    """What the parameters of a function, or the members of a class, are."""

    properties: dict[str, Schema]
    required: list[str]
    converts: dict[str, Convert]

    def made(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values of the right types for JSON, those that are given."""
        return {name: converted(self.converts.get(name), one) for name, one in values.items()}


def converted(convert: Convert | None, value: Any) -> Any:
    """Return what is meant by JSON; without a `convert` it is meant as it is."""
    return value if convert is None else convert(value)


def hints_of(thing: Any) -> dict[str, Any]:
    """Return the type hints of a function or class; none where they can't be read."""
    try:
        return get_type_hints(thing, include_extras=True)
    except (NameError, TypeError):  # a name that is not there, or no function: as if unsaid
        return {}


def hint_of(value: Any) -> Any:
    """Return the type hint that a default stands for where there is none; None for no such type.

    A list, tuple, set or dict says what its values are if they are all of one type; whole
    numbers among others are numbers.
    """
    kind = type(value)
    if isinstance(value, Enum | PurePath) or kind in _TYPES or kind in _TEXTS or is_record(kind):
        return kind
    within = value.values() if kind is dict else value if kind in _LISTS else ()
    kinds = {hint_of(one) for one in within}
    only = float if kinds == {int, float} else next(iter(kinds)) if len(kinds) == 1 else None
    if only is None or (kind is dict and {*map(type, value)} != {str}):
        return None
    given = (str, only) if kind is dict else (only, ...) if kind is tuple else (only,)
    return GenericAlias(kind, given)


def members(thing: Callable[..., Any], within: _Within = frozenset()) -> Members:
    """Return what a function, or a class that is made of named members, is called with."""
    hints, parameters = hints_of(thing), inspect.signature(thing).parameters
    told = read_docstring(inspect.getdoc(thing) or "", parameters)[1]
    found = Members({}, [], {})
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        hint = hints[name] if name in hints else hint_of(parameter.default)
        schema, convert = _parameter(hint, parameter.default, within)
        found.properties[name] = {"description": told.get(name, "")} | schema
        if parameter.default is parameter.empty:
            found.required.append(name)
        if convert is not None:
            found.converts[name] = convert
    return found


def _parameter(hint: Any, default: Any, within: _Within) -> Typed:
    """Return the schema of a parameter with its default, where that has a form in JSON.

    Where None is no default but can be given, it is one of the choices.
    """
    schema, convert = schema_of(hint, within)
    if default is None:
        return schema | ({"default": None} if _takes_none(schema) else {}), convert
    if NoneType in get_args(hint) and get_origin(hint) in _UNIONS and schema:
        schema, convert = _nullable(schema, convert)
    if default is inspect.Parameter.empty:
        return schema, convert
    if isinstance(default, datetime) and default.tzinfo is not None and schema.get("type"):
        schema = schema | {"format": "date-time"}
    try:
        return schema | {"default": json_of(default)}, convert
    except (TypeError, ValueError, AttributeError):  # left to the function
        return schema, convert


def _takes_none(schema: Schema) -> bool:
    return None in schema.get("enum", ()) or {"const": None, "title": "None"} in schema.get(
        "anyOf", ()
    )


def schema_of(hint: Any, within: _Within = frozenset()) -> Typed:
    """Return the schema of a type, and what makes a value of that type of JSON, if that differs.

    ``Annotated[int, {"minimum": 1}]`` adds keywords of JSON Schema; so do the bounds that
    annotated-types, msgspec and pydantic know. A type that is named within itself, as that of
    any JSON is, says nothing there.
    """
    if hasattr(hint, "__value__"):  # type X = …
        return ({}, None) if hint in within else schema_of(hint.__value__, within | {hint})
    hint = _bare(hint)
    origin, given = get_origin(hint), get_args(hint)
    if origin in (Required, NotRequired):
        return schema_of(given[0], within)
    if origin is Annotated:
        schema, convert = schema_of(given[0], within)
        for extra in given[1:]:
            schema = schema | _extra(extra, schema)
        return schema, convert
    if origin in _UNIONS:
        return _union(given, within)
    if origin is Literal:
        return _choice({json_of(one): one for one in given})
    if origin in _LISTS and given:
        return _list(origin, given, within)
    if origin in _MAPPINGS and len(given) == 2:
        return _mapping(*given, within)
    return _plain(origin or hint, within)


def _bare(hint: Any) -> Any:
    """Return what a name for a type stands for: NewType, InitVar."""
    if isinstance(hint, InitVar):
        return hint.type
    return getattr(hint, "__supertype__", hint)


def _extra(extra: Any, schema: Schema) -> Schema:
    """Return the keywords of JSON Schema that an annotation stands for."""
    if isinstance(extra, dict):
        return extra
    found: Schema = {}
    for part in getattr(extra, "metadata", None) or ():  # pydantic keeps its bounds so
        found |= _extra(part, schema)
    length = _LENGTHS.get(str(schema.get("type")), "Length")
    names = _BOUNDS | {"min_length": f"min{length}", "max_length": f"max{length}"}
    for name, keyword in names.items():
        value = getattr(extra, name, None)
        if value is not None and not callable(value):  # a text has a method `title`
            found[keyword] = value
    return found


def _union(given: Sequence[Any], within: _Within) -> Typed:
    kinds = [one for one in given if one is not NoneType]
    optional = len(kinds) < len(given)
    if len(kinds) == 1:
        return _or_none(*schema_of(kinds[0], within)) if optional else schema_of(kinds[0], within)
    parts = [schema_of(kind, within) for kind in kinds]
    if not all(schema for schema, _ in parts):
        return {}, None
    titled = [
        ({"title": getattr(kind, "__name__", str(kind))} | schema, convert)
        for kind, (schema, convert) in zip(kinds, parts, strict=True)
    ]
    made = {"anyOf": [schema for schema, _ in titled]}, _fitting(titled)
    return _nullable(*made) if optional else made


def _fitting(parts: Sequence[Typed]) -> Convert:
    """Return what makes a value by the first of several types that it fits."""

    def convert(value: Any) -> Any:
        from jsonschema import Draft202012Validator

        for schema, one in parts:
            if Draft202012Validator(schema).is_valid(value):
                return converted(one, value)
        raise ValueError(f"{value!r} is of none of the types that it can be")

    return convert


def _or_none(schema: Schema, convert: Convert | None) -> Typed:
    """Add None where a control always holds a value; elsewhere an empty one stands for it."""
    always = schema.get("type") in ("boolean", "object") or "enum" in schema
    return _nullable(schema, convert) if always else (schema, convert)


def _nullable(schema: Schema, convert: Convert | None) -> Typed:
    """Add None to what can be chosen."""
    made = None if convert is None else lambda value: None if value is None else convert(value)
    if _takes_none(schema):
        return schema, convert
    choices = [True, False] if schema.get("type") == "boolean" else schema.get("enum")
    if choices is not None:
        return {"enum": [None, *choices]}, made
    none = {"const": None, "title": "None"}
    return {"anyOf": [none, *schema.get("anyOf", [schema])]}, made


def _choice(values: dict[Any, Any]) -> Typed:
    """Return a choice; values are those that are meant, by those of JSON that stand for them."""
    same = all(one is meant for one, meant in values.items())
    return {"enum": [*values]}, (None if same else values.__getitem__)


def _list(origin: Any, given: Sequence[Any], within: _Within) -> Typed:
    if origin is tuple and given[-1] is not Ellipsis:
        return _tuple(given, within)
    items, each = schema_of(given[0], within)
    make = _LISTS[origin]
    schema: Schema = {"type": "array", "items": items}
    if make in (set, frozenset):
        schema["uniqueItems"] = True
    if make is list and each is None:
        return schema, None
    return schema, lambda values: make(converted(each, one) for one in values)


def _tuple(given: Sequence[Any], within: _Within) -> Typed:
    parts = [schema_of(kind, within) for kind in given]
    schema = {
        "type": "array",
        "prefixItems": [one for one, _ in parts],
        "minItems": len(parts),
        "maxItems": len(parts),
    }
    converts = [convert for _, convert in parts]
    return schema, lambda values: tuple(map(converted, converts, values))


def _mapping(key: Any, kind: Any, within: _Within) -> Typed:
    schema, each = schema_of(kind, within)
    key = get_args(key)[0] if get_origin(key) is Annotated else key
    if key not in _KEYS:
        return {"type": "object"}, None
    made = {"type": "object", "additionalProperties": schema}
    named = _KEYS[key]
    if named is None and each is None:
        return made, None
    return made, lambda values: {converted(named, k): converted(each, v) for k, v in values.items()}


def _plain(kind: Any, within: _Within) -> Typed:
    if not isinstance(kind, type):
        return {}, None
    if kind in _TYPES:
        return {"type": _TYPES[kind]}, None
    if kind in _MAPPINGS:
        return {"type": "object"}, None
    if kind in _LISTS:
        return {"type": "array"}, (None if _LISTS[kind] is list else _LISTS[kind])
    if issubclass(kind, Enum):
        return {"enum": [member.name for member in kind]}, kind.__getitem__
    if issubclass(kind, PurePath):
        return {"type": "string", "format": "path"}, Path
    if kind in _TEXTS:
        schema, convert = _TEXTS[kind]
        return dict(schema), convert
    if is_typeddict(kind) or is_record(kind):
        return _record(kind, within)
    return ({} if kind in (object, NoneType, Any) else {"$comment": kind.__name__}), None


def _record(kind: type, within: _Within) -> Typed:
    if kind in within:  # one in itself: written as JSON, and made when there is some
        return {"$comment": kind.__name__}, lambda value: converted(schema_of(kind)[1], value)
    inner = within | {kind}
    known = _typed_dict(kind, inner) if is_typeddict(kind) else members(kind, inner)
    schema = {"type": "object", "properties": known.properties, "required": known.required}
    make: Callable[..., Any] = dict if is_typeddict(kind) else kind
    return schema | {"additionalProperties": False}, lambda value: make(**known.made(value))


def _typed_dict(kind: Any, within: _Within) -> Members:
    found = Members({}, sorted(kind.__required_keys__), {})
    for name, hint in hints_of(kind).items():
        found.properties[name], convert = schema_of(hint, within)
        if convert is not None:
            found.converts[name] = convert
    return found


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no decimal number") from None


def _duration(text: str) -> timedelta:
    """Return what people write for a duration; one of none and one that is negative are some."""
    bare = text.strip().removeprefix("-")
    seconds = 0.0 if bare in ("0", "0s") else parse_duration(bare)
    return timedelta(seconds=seconds if bare == text.strip() else -seconds)


_TEXTS: dict[type, tuple[Schema, Convert]] = {
    datetime: ({"type": "string", "format": "date-time-local"}, datetime.fromisoformat),
    date: ({"type": "string", "format": "date"}, date.fromisoformat),
    time: ({"type": "string", "format": "time-local"}, time.fromisoformat),
    timedelta: ({"type": "string", "examples": ["90s"]}, _duration),
    Decimal: ({"type": "string", "examples": ["0.1"]}, _decimal),
    UUID: ({"type": "string", "format": "uuid"}, UUID),
    bytes: ({"type": "string", "format": "bytes"}, str.encode),
}
