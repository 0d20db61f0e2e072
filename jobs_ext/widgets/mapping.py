"""The field of an object whose keys are anything: a row for each, with its key and its value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobs_ext.client.errors import InvalidRequest

from .composite import rows_field
from .fields import Field, Schema


def mapping_field(name: str, schema: Schema, *, required: bool = True) -> Field:
    """Return the field for an object whose members have a type and any names.

    Without a row, one that is `required` is empty; another is left out.
    """
    title = schema.get("title") or name
    pair = {
        "type": "object",
        "properties": {"key": {"type": "string"}, "value": schema["additionalProperties"]},
        "required": ["key", "value"],
    }
    listed = {"type": "array", "items": pair, "title": title}
    told = {"description": schema["description"]} if "description" in schema else {}
    default = {"default": _rows(schema["default"])} if schema.get("default") is not None else {}
    rows = rows_field(name, listed | told | default, required=required)

    def read() -> dict[str, Any]:
        made: dict[str, Any] = {}
        for row in rows.value():
            _add(name, row, made)
        return made

    def write(values: Any) -> None:
        rows.fill(_rows(values))

    def listen(changed: Callable[[], object]) -> None:
        rows.on_change(lambda _: changed())

    return Field(name, [rows.box], read, write, "", listen)


def _add(name: str, row: dict[str, Any], made: dict[str, Any]) -> None:
    """Add the pair of a row. Raises `InvalidRequest` for half of one, or a key that is there."""
    half = next((one for one in ("key", "value") if one not in row), None)
    wrong = f"A {half} is missing." if half else f"The key {row['key']!r} is there twice."
    if half or row["key"] in made:
        raise InvalidRequest(wrong, field=f"arguments.{name}", value=row)
    made[row["key"]] = row["value"]


def _rows(values: Any) -> list[dict[str, Any]]:
    """Return the pairs as rows. Raises TypeError for what has none."""
    if not isinstance(values, dict):
        raise TypeError(values)
    return [{"key": key, "value": value} for key, value in values.items()]
