"""One field of a form: the widget that fits a JSON Schema, its help, the complaint beside it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets as w
from traitlets import TraitError

from jobs_ext.client.errors import InvalidRequest
from jobs_ext.model.multiples import at_least, at_most, is_multiple

from .slider import RealSlider, WholeSlider

Schema = dict[str, Any]

STYLE = {"description_width": "12em"}
# as dicts: each widget makes a layout of its own of them, which can be hidden alone
WIDE = {"width": "min(42em, 95%)"}
INDENTED = "jx-indented"  # the class of what stands below the control, beside the titles
_NEEDED = " *"  # after the title of what must be filled in
_UNCHOSEN = object()
_SLIDER_STEPS = 200
_LARGEST = 2**53  # integers up to here are exact in the browser
_ADDING = threading.Lock()  # what is typed is looked at in threads


class NothingGiven(Exception):
    """The field was left empty: the argument is left out."""


class Field:
    """A named control with its title, its help and a place for what is wrong with it.

    `read` returns the value of the control, or raises `NothingGiven` or `InvalidRequest`; `write`
    puts a value into it. `listen` lets a function be called when somebody changes it: by default
    when the ``value`` of its first control changes.
    """

    def __init__(
        self,
        name: str,
        controls: Sequence[w.Widget],
        read: Callable[[], Any],
        write: Callable[[Any], None],
        help_text: str = "",
        listen: Callable[[Callable[[], object]], None] | None = None,
    ) -> None:
        self.name = name
        self.control = controls[0]
        self._read, self._write = read, write
        self._listen = listen
        self._complaint: w.HTML | None = None  # until there is one: it is five messages to a page
        told = [_help(help_text)] if help_text else []
        self.box = w.VBox([*controls, *told])

    @property
    def title(self) -> str:
        """What readers know it by: the words beside its control."""
        return str(self.control.description).removesuffix(_NEEDED)

    def value(self) -> Any:
        """Return what is in it. Raises `NothingGiven`; `InvalidRequest` if it can't be read."""
        return self._read()

    def fill(self, value: Any) -> None:
        """Put a value into it; one that its control can't hold is left out."""
        try:
            self._write(value)
        except (TypeError, ValueError, TraitError):
            return

    def on_change(self, changed: Callable[[Field], object]) -> None:
        """Call `changed` whenever somebody changes what is in it."""
        if self._listen is not None:
            self._listen(lambda: changed(self))
        else:
            self.control.observe(lambda _: changed(self), "value")

    def complain(self, text: str) -> None:
        """Show what is wrong beside the control; an empty text takes it away."""
        with _ADDING:
            if self._complaint is None and text:
                self._complaint = w.HTML().add_class(INDENTED)
                self.box.children = [*self.box.children, self._complaint]
        if self._complaint is not None:
            self._complaint.value = complaint(text)
            self._complaint.layout.display = "" if text else "none"

    @property
    def complaint(self) -> str:
        """What is shown to be wrong, as HTML; empty when nothing is."""
        return "" if self._complaint is None else str(self._complaint.value)


def complaint(text: str) -> str:
    """Return what is wrong as HTML; nothing for an empty text."""
    color = "var(--jp-error-color1, #c62828)"
    return f'<b style="color: {color}" role="alert">⚠ {escape(text)}</b>' if text else ""


def _help(text: str) -> w.HTML:
    return w.HTML(f"<small>{escape(text)}</small>").add_class(INDENTED)


def parameter_field(name: str, schema: Schema, *, required: bool = True) -> Field:
    """Return the field for a parameter with this JSON Schema.

    One whose control can't hold its default, such as a choice that is none, is written as JSON.
    """
    if required and "const" in schema:
        schema = {"default": schema["const"]} | schema  # there is nothing to choose
    common = _common(name, schema, required=required)
    try:
        return _fitting_field(name, schema, common, required=required)
    except (TypeError, ValueError, TraitError):
        plain = {key: value for key, value in schema.items() if key != "type"}
        return _text_field(name, plain, common)


def _fitting_field(name: str, schema: Schema, common: dict[str, Any], *, required: bool) -> Field:
    from .alternatives import alternatives_field, alternatives_of
    from .composite import object_field, rows_field, tuple_field
    from .mapping import mapping_field
    from .moments import WAYS, moment_field

    kind = schema.get("type")
    choices = choices_of(schema)
    if choices is not None:
        return _choice(name, schema, choices, common)
    if alternatives_of(schema):
        return alternatives_field(name, schema, common["description"])
    if kind == "boolean" and isinstance(schema.get("default", False), bool):
        return _holding(
            name, schema, w.Checkbox(bool(schema.get("default")), indent=True, **common)
        )
    if kind in ("integer", "number") and _is_number(schema.get("default")):
        return _holding(name, schema, _number(schema, common))
    if kind == "string" and schema.get("format") in WAYS:
        return moment_field(name, schema, common)
    if kind == "array" and schema.get("prefixItems"):
        return tuple_field(name, schema, common["description"])
    if kind == "array" and _is_typed(schema.get("items")):
        return rows_field(name, schema, required=required)
    if kind == "object" and _is_known(schema.get("properties")):
        return object_field(name, schema, common["description"], required=required)
    if kind == "object" and _is_typed(schema.get("additionalProperties")):
        return mapping_field(name, schema, required=required)
    return _text_field(name, schema, common)


def _is_number(default: Any) -> bool:
    """Tell whether a control for numbers holds this one exactly."""
    return isinstance(default, int | float) and abs(default) <= _LARGEST


def _is_typed(items: Any) -> bool:
    said = ("type", "enum", "const", "anyOf", "oneOf", "$comment")
    return isinstance(items, dict) and any(items.get(name) for name in said)


def choices_of(schema: Schema) -> list[tuple[str, Any]] | None:
    """Return what can be chosen, each with what it is called; None where that is no list.

    Alternatives that are one value each are choices that have titles.
    """
    if "enum" in schema:
        plain = len({str(value) for value in schema["enum"]}) == len(schema["enum"])
        return [(str(value) if plain else dumps(value), value) for value in schema["enum"]]
    several = schema.get("oneOf") or schema.get("anyOf") or []
    if "const" in schema:
        several = [{"const": schema["const"]}]
    if several and all(isinstance(one, dict) and "const" in one for one in several):
        return [(str(one.get("title") or one["const"]), one["const"]) for one in several]
    return None


def _is_known(properties: Any) -> bool:
    """Tell whether each key has a schema that says something: ``true`` is one, too."""
    return bool(properties) and all(isinstance(one, dict) for one in properties.values())


def _common(name: str, schema: Schema, *, required: bool) -> dict[str, Any]:
    title = schema.get("title") or name
    empty = "default" not in schema and schema.get("type") != "boolean"
    return labelled(title, required=required and empty)


def labelled(title: str, *, required: bool) -> dict[str, Any]:
    """Return what every control has: its title, and a mark when it must be filled in."""
    shown = title + _NEEDED if required else title
    return {"description": shown, "tooltip": title, "style": STYLE, "layout": WIDE}


def _holding(name: str, schema: Schema, control: w.Widget) -> Field:
    """Return the field of a control that always holds a value of the right type."""

    def write(value: Any) -> None:
        control.value = value

    return Field(name, [control], lambda: control.value, write, schema.get("description", ""))


def _choice(
    name: str, schema: Schema, choices: list[tuple[str, Any]], common: dict[str, Any]
) -> Field:
    """Return the field of a list of choices.

    The control holds the place of the one that is chosen: None would be none for ipywidgets.
    """
    shown = [*([] if "default" in schema else [("choose…", _UNCHOSEN)]), *choices]
    values = [value for _, value in shown]
    start = _place(values, schema["default"]) if "default" in schema else 0
    options = [(label, place) for place, (label, _) in enumerate(shown)]
    control = w.Dropdown(options=options, value=start, **common)

    def read() -> Any:
        if values[control.value] is _UNCHOSEN:
            raise NothingGiven
        return values[control.value]

    def write(value: Any) -> None:
        control.value = _place(values, value)

    return Field(name, [control], read, write, schema.get("description", ""))


def _place(values: list[Any], value: Any) -> int:
    """Return where a value is among others; True is not 1. Raises `ValueError` where it is not."""
    return [(type(one), one) for one in values].index((type(value), value))


def _number(schema: Schema, common: dict[str, Any]) -> w.Widget:
    """Return a slider for a range, else a field for a number; both take typed numbers.

    Raises ValueError for a default that is none of the numbers that there are.
    """
    whole, default = schema["type"] == "integer", schema["default"]
    by = schema.get("multipleOf") or (1 if whole else None)
    low, high = bounds(schema, by)
    lowest, highest = (-_LARGEST if low is None else low), (_LARGEST if high is None else high)
    if not lowest <= default <= highest or (by is not None and not is_multiple(default, by)):
        raise ValueError(default)
    if low is not None and high is not None and high > low:
        kind = WholeSlider if whole else RealSlider
        step = by or (high - low) / _SLIDER_STEPS
        named = {name: common[name] for name in ("description", "layout")}
        return kind(minimum=low, maximum=high, step=step, by=by, value=default, **named)
    kind = w.BoundedIntText if whole else w.BoundedFloatText
    return kind(default, min=lowest, max=highest, step=by, **common)


def bounds(schema: Schema, by: float | None) -> tuple[Any, Any]:
    """Return the least and the largest number there can be, multiples of `by`; None for no bound.

    Without `by` a bound that is excluded is none: there is no number next to it.
    """
    low, high = schema.get("minimum"), schema.get("maximum")
    if by is None:
        return low, high
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    lows = [at_least(low, by)] if low is not None else []
    highs = [at_most(high, by)] if high is not None else []
    lows += [at_least(above, by, excluded=True)] if above is not None else []
    highs += [at_most(below, by, excluded=True)] if below is not None else []
    return max(lows, default=None), min(highs, default=None)


def _text_field(name: str, schema: Schema, common: dict[str, Any]) -> Field:
    kind, default = schema.get("type"), schema.get("default")
    is_text = kind == "string"
    many = kind not in ("string", "integer", "number")
    control = (w.Textarea if many else w.Text)(placeholder=_placeholder(schema), **common)

    def write(value: Any) -> None:
        control.value = value if is_text else dumps(value)

    def read() -> Any:
        if control.value == "" and not (is_text and "default" in schema):
            raise NothingGiven
        return control.value if is_text else read_json(name, control.value, many=many)

    if "default" in schema:
        write(default)
    return Field(name, [control], read, write, _told(schema, as_json=many))


def _told(schema: Schema, *, as_json: bool) -> str:
    """Return the help, and for what no control fits that it is written as JSON."""
    known = schema.get("$comment")  # the name of a class of Python
    what = f"Written as JSON: no control fits a {known}." if known else "Written as JSON."
    told = schema.get("description", "")
    return f"{told} {what}".strip() if as_json else told


def _placeholder(schema: Schema) -> str:
    examples = schema.get("examples")
    if examples:
        is_text = schema.get("type") == "string"
        return f"e.g. {examples[0] if is_text else dumps(examples[0])}"
    return {"array": "[1, 2, 3]", "object": '{"name": 1}'}.get(str(schema.get("type")), "")


def dumps(value: Any) -> str:
    """Return a value as JSON, as people read it."""
    return json.dumps(value, ensure_ascii=False)


def read_json(name: str, text: str, *, many: bool) -> Any:
    """Return the value that a text says; `InvalidRequest` when it says none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRequest(
            f"{text!r} is not {'JSON' if many else 'a number'}.",
            field=f"arguments.{name}",
            value=text,
            hint='Write numbers plainly, texts in "…", lists in […].' if many else "",
        ) from None
