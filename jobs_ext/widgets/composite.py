"""Fields made of fields: a list with a row for each value, an object with a field for each key."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as w

from .fields import INDENTED, Field, NothingGiven, Schema, parameter_field

_FRAME = {
    "border": "1px solid var(--jp-border-color2, #ccc)",
    "padding": "4px",
    "width": "min(44em, 100%)",
}
_ROW = {"width": "min(44em, 82%)"}  # room is left for the button beside it

_NARROW = {"width": "auto"}


class Rows(w.VBox):  # type: ignore[misc]
    """Values below each other, each with a button that removes it, and one that adds another."""

    def __init__(self, title: str, item: Schema) -> None:
        self._title, self._item = title, item
        self.fields: list[Field] = []
        self._changed: list[Callable[[], object]] = []
        self._rows = w.VBox()
        add = w.Button(description=f"Add {title}", icon="plus", layout=INDENTED)
        add.on_click(lambda _: self.add())
        super().__init__([self._rows, add])

    def add(self, value: Any = None) -> None:
        """Add a row, with a value in it unless that is None."""
        field = parameter_field(f"{self._title} {len(self.fields) + 1}", self._item)
        if value is not None:
            field.fill(value)
        field.on_change(lambda _: self._tell())
        self.fields.append(field)
        self._draw()

    def fill(self, values: list[Any]) -> None:
        """Show these values and no others."""
        self.fields.clear()
        for value in values:
            self.add(value)
        self._draw()

    def on_change(self, changed: Callable[[], object]) -> None:
        """Call `changed` when a value changes, comes or goes."""
        self._changed.append(changed)

    def _remove(self, field: Field) -> None:
        self.fields.remove(field)
        self._draw()

    def _draw(self) -> None:
        self._rows.children = [self._row(number, f) for number, f in enumerate(self.fields, 1)]
        self._tell()

    def _row(self, number: int, field: Field) -> w.HBox:
        title = f"{self._title} {number}"
        if hasattr(field.control, "description"):
            field.control.description = title
        remove = w.Button(description="Remove", tooltip=f"Remove {title}", layout=_NARROW)
        remove.on_click(lambda _: self._remove(field))
        field.box.layout = _ROW
        return w.HBox([field.box, remove])

    def _tell(self) -> None:
        for changed in self._changed:
            changed()


def rows_field(name: str, schema: Schema) -> Field:
    """Return the field for a list whose values have a type."""
    rows = Rows(schema.get("title") or name, schema["items"])
    rows.fill(schema.get("default") or [])

    def read() -> list[Any]:
        values = [value for field in rows.fields if (value := _or_none(field)) is not None]
        if not values and "default" not in schema:
            raise NothingGiven
        return values

    help_text = schema.get("description", "")
    return Field(name, [rows], read, rows.fill, help_text, rows.on_change)


def object_field(name: str, schema: Schema) -> Field:
    """Return the field for an object whose keys are known."""
    default = schema.get("default") or {}
    needed = schema.get("required", [])
    fields = {
        key: parameter_field(key, one, required=key in needed)
        for key, one in schema["properties"].items()
    }
    title = w.HTML(f"<b>{escape(schema.get('title') or name)}</b>")
    box = w.VBox([title, *(field.box for field in fields.values())], layout=_FRAME)

    def read() -> dict[str, Any]:
        given = {key: value for key, f in fields.items() if (value := _or_none(f)) is not None}
        if not given and "default" not in schema:
            raise NothingGiven
        return given

    def write(value: dict[str, Any]) -> None:
        for key, one in value.items():
            if key in fields:
                fields[key].fill(one)

    def listen(changed: Callable[[], object]) -> None:
        for field in fields.values():
            field.on_change(lambda _: changed())

    write(default)
    return Field(name, [box], read, write, schema.get("description", ""), listen)


def _or_none(field: Field) -> Any:
    """Return what is in a field, None when nothing is."""
    try:
        return field.value()
    except NothingGiven:
        return None
