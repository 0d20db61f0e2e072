"""The field of a value of one of several types: a choice among them, and the field for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from .composite import Framed
from .fields import Field, NothingGiven, Schema, labelled, parameter_field


def alternatives_of(schema: Schema) -> list[Schema]:
    """Return the schemas of which a value fits one; none where there is but one way to be."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return [{**_without(schema, "default", "title", "description"), "type": k} for k in kinds]
    several = schema.get("anyOf") or schema.get("oneOf") or []
    return several if all(isinstance(one, dict) for one in several) else []


class Alternatives(Framed):
    """A choice among types, and below it the field for a value of the one that is chosen."""

    def __init__(self, name: str, schema: Schema, title: str) -> None:
        self._options = alternatives_of(schema)
        self._fields = {
            i: _field(name, one) for i, one in enumerate(self._options) if not _is_fixed(one)
        }
        titles = [("choose…", -1), *((_title(one), i) for i, one in enumerate(self._options))]
        named = labelled(f"{schema.get('title') or name}: type", required=False)
        self._choice = w.Dropdown(options=titles, value=-1, **named)
        boxes = [field.box for field in self._fields.values()]
        super().__init__(title, [self._choice, *boxes], schema.get("description", ""))
        self._choice.observe(lambda _: self._show(), "value")
        self._show()

    def read(self) -> Any:
        """Return the value. Raises `NothingGiven`; `InvalidRequest` if it can't be read."""
        chosen = self._choice.value
        if chosen < 0:
            raise NothingGiven
        return (
            self._fields[chosen].value()
            if chosen in self._fields
            else self._options[chosen].get("const")
        )

    def fill(self, value: Any) -> None:
        """Show a value. Raises ValueError for one that is of none of the types."""
        self._choice.value = chosen = _fitting(self._options, value)
        if chosen in self._fields:
            self._fields[chosen].fill(value)

    def on_change(self, changed: Callable[[], object]) -> None:
        """Call `changed` when the type or the value changes."""
        self._choice.observe(lambda _: changed(), "value")
        for field in self._fields.values():
            field.on_change(lambda _: changed())

    def _show(self) -> None:
        for i, field in self._fields.items():
            field.box.layout.display = "" if i == self._choice.value else "none"


def alternatives_field(name: str, schema: Schema, title: str) -> Field:
    """Return the field for a value that is of one of several types, with a `title` to show."""
    shown = Alternatives(name, schema, title)
    if "default" in schema:
        shown.fill(schema["default"])
    return Field(name, [shown], shown.read, shown.fill, listen=shown.on_change)


def _field(name: str, schema: Schema) -> Field:
    return parameter_field(name, _without(schema, "title") | {"title": _title(schema)})


def _title(schema: Schema) -> str:
    """Return what an alternative is called: by its title, its only value or its type."""
    told = schema["const"] if "const" in schema else schema.get("type", "JSON")
    return str(schema.get("title") or told)


def _is_fixed(schema: Schema) -> bool:
    """Tell whether there is but one such value, so that nothing has to be filled in."""
    return "const" in schema or schema.get("type") == "null"


def _fitting(options: list[Schema], value: Any) -> int:
    """Return the place of the first alternative that a value fits; ValueError if there is none."""
    from jsonschema import Draft202012Validator

    fits = (i for i, one in enumerate(options) if Draft202012Validator(one).is_valid(value))
    place = next(fits, None)
    if place is None:
        raise ValueError(value)
    return place


def _without(schema: Schema, *names: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in names}
