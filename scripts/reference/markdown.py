"""What the pages are made of: tables, from structs and enums."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import msgspec

from jobs_ext.cli.structs import comments


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in lines
    )


def fields(struct: type[msgspec.Struct]) -> str:
    """Return the table of a struct's fields: name, type, default, meaning."""
    said = comments(struct)
    return table(
        ("key", "type", "default", "meaning"),
        (
            (f"`{f.encode_name}`", f"`{type_of(f.type)}`", default_of(f), said.get(f.name, ""))
            for f in msgspec.structs.fields(struct)
        ),
    )


def type_of(annotation: Any) -> str:
    """Return a type as it is shown: names without their modules."""
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    text = re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text)
    return text.replace(" | UnsetType", "")


def default_of(field: msgspec.structs.FieldInfo) -> str:
    """Return the default of a field as JSON, or that there is none."""
    if field.default_factory is not msgspec.NODEFAULT:
        made = field.default_factory()
        return "" if isinstance(made, msgspec.Struct) else f"`{json.dumps(made)}`"
    if field.default is msgspec.NODEFAULT:
        return "*required*"
    if field.default in (None, msgspec.UNSET) or isinstance(field.default, msgspec.Struct):
        return ""
    return f"`{json.dumps(field.default)}`"


def members(enum: type[Enum]) -> list[tuple[str, str]]:
    """Return value and meaning of each member of an enum."""
    said = comments(enum)
    return [(f"`{member.value}`", said.get(member.name, "")) for member in enum]


def summary(value: Any) -> str:
    """Return the first sentences of what documents something."""
    return (inspect.getdoc(value) or "").partition("\n\n")[0].replace("\n", " ")
