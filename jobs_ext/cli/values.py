"""Words of a command line as arguments: typed by the tool's schema, else by what is run."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.targets import Target, ToolTarget

from .structs import pair

if TYPE_CHECKING:
    from jobs_ext.client.client import Client

_WORDS = {"true": True, "yes": True, "false": False, "no": False}
_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}
_TABLES = {".csv": ",", ".tsv": "\t"}


class Typing:
    """How the text of an argument becomes a value."""

    def __init__(self, kind: str, schema: Mapping[str, Any] | None = None) -> None:
        """Take the kind of target (tool, command, …), and of a tool the schema."""
        self._kind = kind
        self._properties: Mapping[str, Any] = (schema or {}).get("properties", {})

    @classmethod
    def of_tool(cls, client: Client, name: str) -> Typing:
        """Return the typing that the server's schema of a tool gives."""
        return cls("tool", client.tool_info(name).schema)

    @classmethod
    def of(cls, target: Target) -> Typing:
        """Return the typing of a target."""
        if isinstance(target, ToolTarget):
            return cls.of_tool(target.client, target.name)
        return cls(target.kind)

    def arguments(self, words: Iterable[str]) -> dict[str, Any]:
        """Return the arguments of ``NAME=VALUE …``; a name given again makes a list."""
        texts: dict[str, list[str]] = {}
        for word in words:
            name, text = pair(word)
            texts.setdefault(name, []).append(text)
        return {name: self._value(name, given) for name, given in texts.items()}

    def row(self, cells: Mapping[str, str]) -> dict[str, Any]:
        """Return the argument set of a row of a table; an empty cell leaves the default."""
        return {name: self._value(name, [text]) for name, text in cells.items() if text != ""}

    def _value(self, name: str, texts: list[str]) -> Any:
        schema = self._properties.get(name, {})
        whole = texts[0].startswith("[") and len(texts) == 1
        if "array" in _kinds(schema) and not whole:
            return [self._one(text, schema.get("items", {})) for text in texts]
        values = [self._one(text, schema) for text in texts]
        return values[0] if len(values) == 1 else values

    def _one(self, text: str, schema: Mapping[str, Any]) -> Any:
        if self._kind == "notebook":
            return _json(text, text)
        if self._kind == "script":  # true and false are what makes --name appear or not
            return _WORDS.get(text, text) if text in ("true", "false") else text
        if schema.get("format") == "path":
            return _file(text)
        values = (_read(text, kind) for kind in _kinds(schema))
        return next((value for value in values if value is not None), text)


def _file(text: str) -> Any:
    """Return what stands for a tool's input: a path, or where else the server is to take it."""
    kind, _, rest = text.partition(":")
    if kind == "dataset":
        return _dataset(rest)
    if kind == "output":
        job, _, name = rest.partition("/")
        return {"$output": {"job": job, "name": name}}
    return text


def _dataset(text: str) -> dict[str, Any]:
    """Return the reference to ``PROJECT/NAME`` or ``PROJECT/NAME@VERSION``."""
    project, _, name = text.rpartition("/")
    called, at, version = name.rpartition("@")
    if at and version.isdecimal():
        return {"$dataset": {"project": project, "name": called, "version": int(version)}}
    return {"$dataset": {"project": project, "name": name}}


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    """Return the types a schema names, ``string`` last: every word is one."""
    kinds = schema.get("type", [])
    named = [kinds] if isinstance(kinds, str) else list(kinds)
    return sorted(named, key="string".__eq__)


def _read(text: str, kind: str) -> Any:
    """Return `text` as a value of a JSON type, None when it is none: the server will say so."""
    if kind == "string":
        return text
    if kind == "boolean":
        return _WORDS.get(text.lower())
    value = _json(text, None)
    return value if type(value) in _TYPES.get(kind, ()) else None


def _json(text: str, otherwise: Any) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except ValueError:
        return otherwise


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are not JSON


def sets(source: str, typing: Typing) -> list[dict[str, Any]]:
    """Return the argument sets in a file: a table with a header, JSON lines, or a JSON list.

    ``-`` is the standard input, with JSON lines. Raises `InvalidRequest` naming the line.
    """
    path = Path(source)
    try:
        with nullcontext(sys.stdin) if source == "-" else path.open(newline="") as file:
            delimiter = _TABLES.get(path.suffix.lower())
            return _table(file, delimiter, typing) if delimiter else _lines(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequest(f"{source} can't be read: {error}.", field="from") from None


def _table(file: TextIO, delimiter: str, typing: Typing) -> list[dict[str, Any]]:
    rows = csv.DictReader(file, delimiter=delimiter, strict=True)
    made = []
    for row in rows:
        if None in row or None in row.values():
            raise InvalidRequest(
                f"Line {rows.line_num} has not as many cells as the header.",
                field="from",
                value=rows.line_num,
            )
        made.append(typing.row(row))
    return made


def _lines(file: TextIO) -> list[dict[str, Any]]:
    text = file.read()
    whole = _json(text, None)
    if isinstance(whole, list):
        return _dicts(whole)
    return _dicts([_line(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()])


def _line(number: int, line: str) -> Any:
    try:
        return json.loads(line, parse_constant=_refuse)
    except ValueError as error:
        raise InvalidRequest(
            f"Line {number} is not JSON: {error}.",
            field="from",
            value=number,
            hint='Each line is one set of arguments, such as {"k": 3}; tables end in .csv or .tsv.',
        ) from None


def _dicts(rows: Sequence[Any]) -> list[dict[str, Any]]:
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise InvalidRequest(
                f"Set {number} is not an object.",
                field="from",
                value=number,
                hint='Name the arguments: {"k": 3}.',
            )
    return list(rows)
