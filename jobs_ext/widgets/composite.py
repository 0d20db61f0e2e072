"""Fields made of fields: a list with a row for each value, an object with a field for each key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import ipywidgets as w

from jobs_ext.client.errors import InvalidRequest

from .fields import STYLE, WIDE, Field, NothingGiven, Schema, parameter_field

_FRAME = {
    "border": "1px solid var(--jp-border-color2, #ccc)",
    "margin": "4px 0",
    "padding": "4px",
    "width": "min(42em + 4px, 100%)",
}
_ROW = {"flex": "1 1 auto"}  # beside it stands a button
_HEAD = {"justify_content": "space-between", "width": "100%"}
_NARROW = {"width": "auto"}
_ADD = {"width": "auto", "min_width": "10em"}
_NOTHING = object()  # None is a value that can be chosen


class Framed(w.VBox):  # type: ignore[misc]
    """Fields in a frame, below a title that can be changed as that of a single control.

    The help stands below the title, since below the frame it would seem that of what follows.
    """

    def __init__(self, title: str, boxes: Iterable[w.Widget], help_text: str = "") -> None:
        self._title = w.HTML()
        self._head = w.HBox([self._title], layout=_HEAD)
        told = [w.HTML(f"<small>{escape(help_text)}</small>")] if help_text else []
        super().__init__([self._head, *told, *boxes], layout=_FRAME)
        self.description = title

    @property
    def description(self) -> str:
        """The title."""
        return self._description

    @description.setter
    def description(self, title: str) -> None:
        """Show another title."""
        self._description = title
        self._title.value = f"<b>{escape(title)}</b>"

    def put_beside(self, button: w.Button) -> None:
        """Show a button at the end of the line of the title, and no other there."""
        self._head.children = [self._title, button]


class Rows(w.VBox):  # type: ignore[misc]
    """Values below each other, each with a button that removes it, and one that adds another.

    Below them stands the title, as beside any control. Without a value it is an empty list where
    that is `given`, as it is from then on when it was filled with none; else it is left out.
    """

    def __init__(self, title: str, item: Schema, *, given: bool) -> None:
        self._title, self._item, self.given = title, item, given
        self.fields: list[Field] = []
        self._changed: list[Callable[[], object]] = []
        self._rows = w.VBox()
        self._label = w.HTML(style=STYLE)
        self._add = w.Button(icon="plus", layout=_ADD)
        self._add.on_click(lambda _: self.add())
        self._empty = w.HTML()
        self._foot = w.HBox([self._label, self._add, self._empty])
        super().__init__([self._rows, self._foot])
        self.description = title

    @property
    def description(self) -> str:
        """The title, which each row has with a number."""
        return self._title

    @description.setter
    def description(self, title: str) -> None:
        """Show another title."""
        self._title = self._label.description = title
        self._add.description = f"Add {title}"
        self._draw()

    def put_beside(self, button: w.Button) -> None:
        """Show a button at the end of the line of the title, and no other there."""
        self._foot.children = [self._label, self._add, self._empty, button]

    def add(self, value: Any = None) -> None:
        """Add a row, with a value in it unless that is None: then nothing is wrong with it yet."""
        field = parameter_field(f"{self._title} {len(self.fields) + 1}", self._item)
        if value is not None:
            field.fill(value)
        field.on_change(lambda _: self._tell())
        self.fields.append(field)
        self._draw()

    def fill(self, values: Any) -> None:
        """Show these values and no others. Raises TypeError for what is no list."""
        if not isinstance(values, list):
            raise TypeError(values)
        self.given = self.given or not values
        self.fields.clear()
        for value in values:
            self.add(value)
        self._draw()
        self._tell()

    def on_change(self, changed: Callable[[], object]) -> None:
        """Call `changed` when a value changes, comes or goes."""
        self._changed.append(changed)

    def _remove(self, field: Field) -> None:
        self.fields.remove(field)
        self._draw()
        self._tell()
        self._add.focus()  # what was pressed is gone: keys would go to the notebook

    def _draw(self) -> None:
        self._rows.children = [self._row(number, f) for number, f in enumerate(self.fields, 1)]
        self._empty.value = f"<small>{'empty' if self.given else 'none'}</small>"
        self._empty.layout.display = "none" if self.fields else ""

    def _row(self, number: int, field: Field) -> w.Widget:
        field.name = field.control.description = title = f"{self._title} {number}"
        remove = w.Button(description="Remove", tooltip=f"Remove {title}", layout=_NARROW)
        remove.on_click(lambda _: self._remove(field))
        if isinstance(field.control, Framed | Rows):
            field.control.put_beside(remove)
            return field.box
        field.box.layout = _ROW
        return w.HBox([field.box, remove], layout=WIDE)

    def _tell(self) -> None:
        for changed in self._changed:
            changed()


def rows_field(name: str, schema: Schema, *, required: bool = True) -> Field:
    """Return the field for a list whose values have a type.

    Without a row, one that is `required` or has a default is empty; another is left out.
    """
    given = required or "default" in schema
    rows = Rows(schema.get("title") or name, schema["items"], given=given)
    if given:
        rows.fill(schema.get("default") or [])

    def read() -> list[Any]:
        values = [_row(name, field) for field in rows.fields]
        if not values and not rows.given:
            raise NothingGiven
        return values

    help_text = schema.get("description", "")
    return Field(name, [rows], read, rows.fill, help_text, rows.on_change)


def object_field(name: str, schema: Schema, title: str, *, required: bool = True) -> Field:
    """Return the field for an object whose keys are known, and for others where those are typed.

    One that is `required` is an empty object where it may be and nothing is filled in.
    """
    needed = schema.get("required", [])
    given_empty = "default" in schema or (required and not needed)
    fields = {
        key: parameter_field(key, one, required=key in needed)
        for key, one in schema["properties"].items()
    }
    others = _others(schema)
    whole = [*fields.values(), *others]
    box = Framed(title, [field.box for field in whole], schema.get("description", ""))

    def read() -> dict[str, Any]:
        parts = {key: part(name, field) for key, field in fields.items()}
        given = {key: value for key, value in parts.items() if value is not _NOTHING}
        for field in others:
            more = part(name, field)
            given = (more if more is not _NOTHING else {}) | given
        if not given and not given_empty:
            raise NothingGiven
        return given

    def write(value: Any) -> None:
        if not isinstance(value, dict):
            raise TypeError(value)
        for key in fields.keys() & value.keys():
            fields[key].fill(value[key])
        for field in others:
            field.fill({key: one for key, one in value.items() if key not in fields})

    def listen(changed: Callable[[], object]) -> None:
        for field in whole:
            field.on_change(lambda _: changed())

    write(schema.get("default") or {})
    return Field(name, [box], read, write, listen=listen)


def _others(schema: Schema) -> list[Field]:
    """Return the field for the members that an object may have besides, if they have a type."""
    more = schema.get("additionalProperties")
    if not isinstance(more, dict) or not more:
        return []
    others = {"type": "object", "additionalProperties": more}
    return [parameter_field("other", others, required=False)]


def tuple_field(name: str, schema: Schema, title: str) -> Field:
    """Return the field for a list of which each place has a type of its own."""
    places = schema["prefixItems"]
    fields = [
        parameter_field(one.get("title") or str(number), one)
        for number, one in enumerate(places, 1)
    ]
    box = Framed(title, [field.box for field in fields], schema.get("description", ""))

    def read() -> list[Any]:
        values = [part(name, field) for field in fields]
        given = [value for value in values if value is not _NOTHING]
        if not given and "default" not in schema:
            raise NothingGiven
        if len(given) < len(values):
            raise InvalidRequest("Each place is needed.", field=f"arguments.{name}", value=given)
        return values

    def write(values: list[Any]) -> None:
        for field, one in zip(fields, values, strict=True):
            field.fill(one)

    def listen(changed: Callable[[], object]) -> None:
        for field in fields:
            field.on_change(lambda _: changed())

    if "default" in schema:
        write(schema["default"])
    return Field(name, [box], read, write, listen=listen)


def _row(whole: str, field: Field) -> Any:
    """Return what is in a row. Raises `InvalidRequest` for one that is empty."""
    value = part(whole, field)
    if value is _NOTHING:
        field.complain("This is empty: fill it in or remove it.")
        raise InvalidRequest(f"{field.name} is empty.", field=f"arguments.{whole}")
    return value


def part(whole: str, field: Field) -> Any:
    """Return what is in a field of the field called `whole`, `_NOTHING` when nothing is.

    What can't be read is told beside it, and raised as `InvalidRequest` of the whole.
    """
    field.complain("")
    try:
        return field.value()
    except NothingGiven:
        return _NOTHING
    except InvalidRequest as error:
        field.complain(str(error).removeprefix(f"{error.field}: "))
        raise InvalidRequest(
            f"{field.name}: {error.message}",
            field=f"arguments.{whole}",
            value=error.value,
            hint=error.hint,
        ) from None
