"""UFDL's types: text such as ``Array<str, 3>``, read, brought into one form, and compared."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from msgspec import Struct

from ...model.errors import InvalidRequest

_DEEPEST = 20  # types within types
_LONGEST = 1000  # characters


class Kind(NamedTuple):
    """A named type: what it is a kind of, and what its arguments must be kinds of."""

    parent: str
    arguments: tuple[str, ...] = ()


#: The types there are; ``""`` is the parent of them all.
KINDS: dict[str, Kind] = {
    "UFDLType": Kind(""),
    "UFDLJSONType": Kind("UFDLType"),
    "FiniteJSONType": Kind("UFDLJSONType"),
    "ServerResidentType": Kind("FiniteJSONType"),
    "NamedServerType": Kind("ServerResidentType"),
    "ValueType": Kind("UFDLJSONType"),
    "str": Kind("ValueType"),
    "int": Kind("ValueType"),
    "float": Kind("ValueType"),
    "bool": Kind("ValueType"),
    "Array": Kind("UFDLJSONType", ("UFDLJSONType", "int")),
    "Map": Kind("UFDLJSONType", ("UFDLJSONType",)),
    "CUDAVersion": Kind("NamedServerType"),
    "Dataset": Kind("NamedServerType", ("Domain",)),
    "DockerImage": Kind("NamedServerType", ("Domain", "Framework")),
    "Domain": Kind("NamedServerType", ("str",)),
    "Framework": Kind("ServerResidentType", ("str", "str")),
    "Hardware": Kind("NamedServerType"),
    "PretrainedModel": Kind("NamedServerType", ("Domain", "Framework")),
    "BLOB": Kind("UFDLType", ("str",)),
    "Compressed": Kind("UFDLType", ("UFDLType", "int")),
    "JSON": Kind("UFDLJSONType"),
    "Nothing": Kind("FiniteJSONType"),
    "JobOutput": Kind("ServerResidentType", ("UFDLType",)),
    "Model": Kind("UFDLType", ("Domain", "Framework")),
    "Name": Kind("FiniteJSONType", ("NamedServerType",)),
    "PK": Kind("FiniteJSONType", ("ServerResidentType",)),
}
_OPTIONAL = ("Array", "Compressed")  # types whose last argument may be left out
_NUMBER = re.compile(r"[+-]?\d+")
_NAME = re.compile(r"\s*([A-Za-z]\w*)\s*")
_SIMPLE = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}


class Type(Struct, frozen=True):
    """A type with its arguments; a constant is a kind of the type of its value."""

    name: str
    arguments: tuple[Type, ...] = ()
    constant: str | int | float | bool | None = None

    def __str__(self) -> str:
        """Return the one form of its text, all arguments written out."""
        if self.constant is not None:
            return _constant_text(self.constant)
        inner = ", ".join(map(str, self.arguments))
        return f"{self.name}<{inner}>" if inner else self.name

    def is_a(self, other: Type) -> bool:
        """Tell whether everything of this type is of the other one as well."""
        if other.constant is not None:
            return (self.name, self.constant) == (other.name, other.constant)
        inherits = other.name in _ancestors(self.name)
        pairs = zip(self.arguments, other.arguments, strict=False)
        return inherits and all(mine.is_a(its) for mine, its in pairs)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of its values; ``{}`` where anything may be one."""
        if self.constant is not None:
            return {"const": self.constant}
        if self.name in _SIMPLE:
            return {"type": _SIMPLE[self.name]}
        if self.name == "Nothing":
            return {"type": "null"}
        if self.name == "Map":
            return {"type": "object", "additionalProperties": self.arguments[0].schema()}
        if self.name == "Array":
            items, size = self.arguments
            bounds = {} if size.constant is None else dict.fromkeys(_BOUNDS, size.constant)
            return {"type": "array", "items": items.schema()} | bounds
        return {"type": "integer"} if self.name in ("PK", "JobOutput") else {}


_BOUNDS = ("minItems", "maxItems")


def _ancestors(name: str) -> list[str]:
    found = []
    while name:
        found.append(name)
        name = KINDS[name].parent
    return found


def plain(name: str) -> Type:
    """Return the type of a name, with the widest arguments there can be."""
    return Type(name, tuple(plain(one) for one in KINDS[name].arguments))


def parse_type(text: str, field: str) -> Type:
    """Return the type that a text means. Raises `InvalidRequest`, naming the `field`."""
    if len(text) > _LONGEST:
        raise InvalidRequest("The type is too long.", field=field, value=text)
    try:
        return _parsed(text, 0)
    except ValueError as error:
        told = f"{text!r} is not a type: {error}."
        raise InvalidRequest(told, field=field, value=text) from None


def parse_arguments(text: str, field: str) -> tuple[str, list[Type]]:
    """Return the name and the arguments of ``Name<…>``, whatever the name."""
    if len(text) > _LONGEST:
        raise InvalidRequest("The type is too long.", field=field, value=text)
    try:
        name, inner = _taken_apart(text.strip())
        return name, [_parsed(one, 0) for one in inner]
    except ValueError as error:
        told = f"{text!r} can't be read: {error}."
        raise InvalidRequest(told, field=field, value=text) from None


def _parsed(text: str, depth: int) -> Type:
    if depth > _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} levels")
    text = text.strip()
    constant = _constant(text)
    if constant is not None:
        return constant
    name, inner = _taken_apart(text)
    if name not in KINDS:
        raise ValueError(f"there is no type {name!r}")
    wanted = [plain(one) for one in KINDS[name].arguments]
    given = [_parsed(one, depth + 1) for one in inner]
    if given and len(given) == len(wanted) - 1 and name in _OPTIONAL:
        given.append(wanted[-1])
    if not given:
        given = wanted
    if len(given) != len(wanted):
        raise ValueError(f"{name} takes {len(wanted)} arguments, not {len(given)}")
    for mine, its in zip(given, wanted, strict=True):
        if not mine.is_a(its):
            raise ValueError(f"{mine} is no {its}")
    return Type(name, tuple(given))


def _constant(text: str) -> Type | None:
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return Type("str", constant=text[1:-1].replace("\\'", "'"))
    if text in ("@true", "@false"):
        return Type("bool", constant=text == "@true")
    if _NUMBER.fullmatch(text):
        return Type("int", constant=int(text))
    if text[:1].isdigit() or text[:1] in ("+", "-", "."):
        return Type("float", constant=float(text))  # raises ValueError for what is none
    return None


def _constant_text(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "@true" if value else "@false"
    if isinstance(value, str):
        quoted = value.replace("'", "\\'")
        return f"'{quoted}'"
    return str(value)


def _taken_apart(text: str) -> tuple[str, list[str]]:
    """Return the name and the texts of the arguments; raises ValueError."""
    match = _NAME.match(text)
    if match is None:
        raise ValueError("it begins with no name")
    name, rest = match[1], text[match.end() :]
    if not rest:
        return name, []
    if not (rest.startswith("<") and rest.endswith(">")):
        raise ValueError("arguments stand in <>")
    return name, _split(rest[1:-1])


def _split(text: str) -> list[str]:
    """Return what commas separate, outside of quotes and brackets."""
    found, depth, quoted, start = [], 0, False, 0
    for place, sign in enumerate(text):
        if sign == "'" and text[place - 1 : place] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif sign in "<>":
            depth += 1 if sign == "<" else -1
        elif sign == "," and depth == 0:
            found.append(text[start:place])
            start = place + 1
        if depth < 0:
            raise ValueError("there is a > too many")
    if quoted or depth:
        raise ValueError("a quote or a bracket is not closed")
    return [*found, text[start:]] if text.strip() else []
