"""References inside arguments: to an uploaded part, or to another job's output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from ..model.errors import InvalidRequest
from ..model.ids import is_id

PART = "$part"
OUTPUT = "$output"


class PartReference(Struct, frozen=True):
    """``{"$part": name}``: an uploaded file or value."""

    name: str
    field: str


class OutputReference(Struct, frozen=True):
    """``{"$output": {"job": id, "name": name}}``: a file another job makes."""

    job: str
    name: str
    field: str


def is_reference(value: Any) -> bool:
    """Tell whether a value stands for a file that is given elsewhere."""
    return isinstance(value, dict) and (PART in value or OUTPUT in value)


def references(value: Any, field: str) -> Iterator[PartReference | OutputReference]:
    """Yield the references anywhere inside `value`; raise `InvalidRequest` for a malformed one."""
    if isinstance(value, dict):
        if PART in value:
            yield _part(value[PART], field)
        elif OUTPUT in value:
            yield _output(value[OUTPUT], field)
        else:
            for name, inner in value.items():
                yield from references(inner, f"{field}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from references(inner, f"{field}[{index}]")


def _part(name: Any, field: str) -> PartReference:
    if not isinstance(name, str):
        raise InvalidRequest(f"{field}: $part must name an uploaded part.", field=field, value=name)
    return PartReference(name, field)


def _output(what: Any, field: str) -> OutputReference:
    if isinstance(what, dict) and what.keys() == {"job", "name"}:
        job, name = what["job"], what["name"]
        if isinstance(job, str) and is_id(job) and isinstance(name, str):
            return OutputReference(job, name, field)
    raise InvalidRequest(
        f"{field}: this does not name an output.",
        field=field,
        value=what,
        hint='Write {"$output": {"job": "<id>", "name": "<output>"}}.',
    )
