"""Decoding requests strictly, and saying which field was wrong and what it should be."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from ..model.errors import InvalidRequest
from .hints import did_you_mean

T = TypeVar("T")

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|(\[\.\.\.\])")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_CHOICE = re.compile(r"Invalid enum value '(.*)'", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_COMPOUND = (inspect.StructType, inspect.ListType, inspect.DictType)
_TYPES = {
    "int": "an integer",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def decode_request(body: bytes, type_: type[T]) -> T:
    """Return the JSON `body` as a struct, or raise `InvalidRequest` with field, value and hint."""
    try:
        decoded: T = _decode(body, type_)
        return decoded
    except msgspec.ValidationError as error:
        raise explained(error, _whatever(body), type_) from None


def _whatever(body: bytes) -> Any:
    """Return the JSON `body` as it is; None when it holds a number that nothing can hold."""
    try:
        return _decode(body, Any)
    except msgspec.ValidationError:
        return None


def _decode(body: bytes, type_: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError:
        raise
    except RecursionError:
        raise InvalidRequest("The body is not JSON that can be read: it is too deep.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The body is not JSON: {error}.") from None


def convert_request(value: Any, type_: type[T]) -> T:
    """Do as `decode_request` with a value that was decoded before."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise explained(error, value, type_) from None


def explained(
    error: msgspec.ValidationError, given: Any, type_: Any, *, query: bool = False
) -> InvalidRequest:
    """Return what msgspec found, told by field, value and hint.

    In a `query` a field that is a list is repeated, and so has no index.
    """
    match = _PLACE.match(str(error))
    what, path = (match["what"], match["path"] or "") if match else (str(error), "")
    path = _with_keys(path, given, type_)
    steps = [name or number or "" for name, number, _ in _STEP.findall(path)]
    path = path.partition("[")[0] if query else path
    if unknown := _UNKNOWN.match(what):
        return _unknown_field(unknown[1], path, steps, given, type_)
    if missing := _MISSING.match(what):
        field = _field(path, missing[1])
        return InvalidRequest(f"{field} is missing.", field=field, hint=f"Give {missing[1]!r}.")
    return InvalidRequest(
        f"{_field(path) or 'The body'}: {_in_words(what)}.",
        field=_field(path) or None,
        value=_value_at(given, steps),
        hint=_choices(what, steps, type_),
    )


def _with_keys(path: str, given: Any, type_: Any) -> str:
    """Return `path` with keys in place of msgspec's ``[...]``, where one entry is wrong."""
    before, gap, after = path.partition("[...]")
    if not gap:
        return path
    steps = [name or number for name, number, _ in _STEP.findall(before)]
    info = _type_at(inspect.type_info(type_), steps)
    inner = _compound_of(info.value_type) if isinstance(info, inspect.DictType) else None
    kind = inner.cls if isinstance(inner, inspect.StructType | inspect.EnumType) else str
    entries = _value_at(given, steps)
    for key, entry in entries.items() if isinstance(entries, dict) else ():
        if not _fits(entry, kind):
            return _with_keys(f"{before}.{key}{after}", given, type_)
    return path


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _choices(what: str, steps: list[str], type_: Any) -> str:
    """Return a hint that names what could be given, where there is a choice."""
    info = _type_at(inspect.type_info(type_), steps)
    value = _CHOICE.match(what)
    if value is None or not isinstance(info, inspect.EnumType | inspect.LiteralType):
        return ""
    known = info.values if isinstance(info, inspect.LiteralType) else list(info.cls)
    return did_you_mean(value[1], map(str, known))


def _unknown_field(
    name: str, path: str, steps: list[str], given: Any, type_: Any
) -> InvalidRequest:
    field = _field(path, name or '""')
    return InvalidRequest(
        f"There is no field {field}.",
        field=field,
        value=_value_at(given, [*steps, name]),
        hint=did_you_mean(name, _field_names(inspect.type_info(type_), steps)),
    )


def _field(path: str, name: str = "") -> str:
    return f"{path}.{name}".strip(".") if name else path.lstrip(".")


def _in_words(what: str) -> str:
    """Turn "Expected `int | null`, got `str`" into "expected an integer or null, got a text"."""

    def words(match: re.Match[str]) -> str:
        return " or ".join(_TYPES.get(name, name) for name in match[1].split(" | "))

    text = re.sub(r"`([^`]*)`", words, what)
    return text[:1].lower() + text[1:]


def _value_at(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return value if step == "" else None
    return value


def _field_names(info: inspect.Type, steps: list[str]) -> list[str]:
    """Return the names of the fields of the struct that `steps` lead to."""
    info = _compound_of(_type_at(info, steps))
    return [f.encode_name for f in info.fields] if isinstance(info, inspect.StructType) else []


def _type_at(info: inspect.Type, steps: list[str]) -> inspect.Type:
    for step in steps:
        info = _inside(_compound_of(info), step)
    return info


def _compound_of(info: inspect.Type) -> inspect.Type:
    """Return what a field holds where it may be that or something simple."""
    if not isinstance(info, inspect.UnionType):
        return info
    return next((t for kind in _COMPOUND for t in info.types if isinstance(t, kind)), info)


def _inside(info: inspect.Type, step: str) -> inspect.Type:
    if isinstance(info, inspect.StructType):
        return next((f.type for f in info.fields if f.encode_name == step), info)
    if isinstance(info, inspect.ListType):
        return info.item_type
    return info.value_type if isinstance(info, inspect.DictType) else info
