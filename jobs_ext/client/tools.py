"""Tools as they are sent to a server: by their fields, or by a file that has them."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import msgspec

from .errors import InvalidRequest
from .wire import encoded

if TYPE_CHECKING:
    from jobs_ext.model.tool import Tool

    from .connection import Connection

Source = str | os.PathLike[str] | Mapping[str, Any]


class ToolInfo(NamedTuple):
    """What the server says of a tool: the tool itself and the JSON Schema of its arguments."""

    tool: Tool
    schema: dict[str, Any]


def fields_of(source: Source | None, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a tool: those of a TOML or JSON file, or of a mapping, and `more`.

    Raises `InvalidRequest` for a file that has none.
    """
    if source is None:
        return dict(more)
    known = source if isinstance(source, Mapping) else _read(Path(source))
    return {**known, **more}


def send(connection: Connection, given: Mapping[str, Any], *, replace: bool) -> dict[str, Any]:
    """Send a tool's fields, to be added or to `replace` a tool; return what the server made."""
    name = f"{given.get('name')}-{given.get('version', '1.0')}"
    verb, path = ("PUT", f"tools/{quote(name, safe='')}") if replace else ("POST", "tools")
    headers = {"Content-Type": "application/json"}
    response = connection.request(verb, path, data=encoded(given), headers=headers)
    told: dict[str, Any] = msgspec.json.decode(response.content)
    return told


def info_of(told: dict[str, Any]) -> ToolInfo:
    """Return what a server says of a tool."""
    from jobs_ext.model.tool import Tool

    known = {name: told[name] for name in Tool.__struct_fields__ if name in told}
    return ToolInfo(msgspec.convert(known, Tool), told.get("schema", {}))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        told = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:  # what is no TOML, JSON or UTF-8 is a ValueError
        raise InvalidRequest(
            f"{path} can't be read: {error}.",
            field="file",
            value=str(path),
            hint="Give a tool file: TOML, or JSON whose name ends in .json.",
        ) from None
    if not isinstance(told, dict):
        raise InvalidRequest(f"{path} holds no fields of a tool.", field="file", value=str(path))
    return told
