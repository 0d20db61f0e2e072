"""One field of a form: the widget that fits a JSON Schema, its help, the complaint beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets as w

from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.wire import Part
from jobs_ext.model.tool import ToolInput

Schema = dict[str, Any]

_STYLE = {"description_width": "12em"}
_WIDE = w.Layout(width="min(42em, 95%)")
_INDENTED = w.Layout(margin="0 0 0 12.5em")  # below the control, beside the column of titles
_UNCHOSEN = object()
_SLIDER_STEPS = 200
_LARGEST = 2**53  # integers up to here are exact in the browser


class NothingGiven(Exception):
    """The field was left empty: the argument is left out."""


class Field:
    """A named control with its title, its help and a place for what is wrong with it.

    `read` returns the value of the control, or raises `NothingGiven` or `InvalidRequest`.
    """

    def __init__(
        self, name: str, controls: Sequence[w.Widget], read: Callable[[], Any], help_text: str = ""
    ) -> None:
        self.name = name
        self.control = controls[0]
        self._read = read
        self._complaint = w.HTML(layout={"margin": _INDENTED.margin})
        told = [_help(help_text)] if help_text else []
        self.box = w.VBox([*controls, *told, self._complaint])
        self.complain("")

    def value(self) -> Any:
        """Return what is in it. Raises `NothingGiven`; `InvalidRequest` if it can't be read."""
        return self._read()

    def complain(self, text: str) -> None:
        """Show what is wrong beside the control; an empty text takes it away."""
        self._complaint.value = complaint(text)
        self._complaint.layout.display = "" if text else "none"

    @property
    def complaint(self) -> str:
        """What is shown to be wrong, as HTML; empty when nothing is."""
        return str(self._complaint.value)


def complaint(text: str) -> str:
    """Return what is wrong as HTML; nothing for an empty text."""
    color = "var(--jp-error-color1, #c62828)"
    return f'<b style="color: {color}">⚠ {escape(text)}</b>' if text else ""


def _help(text: str) -> w.HTML:
    return w.HTML(f"<small>{escape(text)}</small>", layout=_INDENTED)


def parameter_field(name: str, schema: Schema) -> Field:
    """Return the field for a parameter with this JSON Schema."""
    kind, common = schema.get("type"), _common(name, schema)
    if "enum" in schema:
        chosen = schema.get("default", _UNCHOSEN)
        control = w.Dropdown(options=_choices(schema), value=chosen, **common)
    elif kind == "boolean":
        control = w.Checkbox(value=bool(schema.get("default")), indent=True, **common)
    elif kind in ("integer", "number") and "default" in schema:
        control = _number(schema, common)
    else:
        return _text_field(name, schema, common)
    return Field(name, [control], lambda: _given(control.value), schema.get("description", ""))


def _common(name: str, schema: Schema) -> dict[str, Any]:
    title = schema.get("title") or name
    empty = "default" not in schema and schema.get("type") != "boolean"
    return _labelled(title, required=empty)


def _labelled(title: str, *, required: bool) -> dict[str, Any]:
    shown = f"{title} *" if required else title
    return {"description": shown, "tooltip": title, "style": _STYLE, "layout": _WIDE}


def _choices(schema: Schema) -> list[tuple[str, Any]]:
    choices = [(str(value), value) for value in schema["enum"]]
    return choices if "default" in schema else [("choose…", _UNCHOSEN), *choices]


def _given(value: Any) -> Any:
    if value is _UNCHOSEN:
        raise NothingGiven
    return value


def _number(schema: Schema, common: dict[str, Any]) -> w.Widget:
    """Return a slider for a range, else a field for a number; both take typed numbers."""
    whole = schema["type"] == "integer"
    low, high = schema.get("minimum"), schema.get("maximum")
    step = schema.get("multipleOf")
    if low is not None and high is not None:
        if whole:
            return w.IntSlider(schema["default"], int(low), int(high), int(step or 1), **common)
        step = step or (high - low) / _SLIDER_STEPS
        return w.FloatSlider(
            schema["default"], min=low, max=high, step=step, readout_format=".4", **common
        )
    low, high = (-_LARGEST if low is None else low), (_LARGEST if high is None else high)
    kind = w.BoundedIntText if whole else w.BoundedFloatText
    return kind(schema["default"], min=low, max=high, step=step or (1 if whole else None), **common)


def _text_field(name: str, schema: Schema, common: dict[str, Any]) -> Field:
    kind, default = schema.get("type"), schema.get("default")
    is_text = kind == "string"
    shown = default if is_text else _dumps(default)
    many = kind not in ("string", "integer", "number")
    control = (w.Textarea if many else w.Text)(
        value="" if "default" not in schema else shown,
        placeholder=_placeholder(schema),
        continuous_update=False,
        **common,
    )

    def read() -> Any:
        if control.value == "" and not (is_text and "default" in schema):
            raise NothingGiven
        return control.value if is_text else _json(name, control.value, many=many)

    return Field(name, [control], read, schema.get("description", ""))


def _placeholder(schema: Schema) -> str:
    examples = schema.get("examples")
    if examples:
        is_text = schema.get("type") == "string"
        return f"e.g. {examples[0] if is_text else _dumps(examples[0])}"
    return {"array": "[1, 2, 3]", "object": '{"name": 1}'}.get(str(schema.get("type")), "")


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json(name: str, text: str, *, many: bool) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise InvalidRequest(
            f"{text!r} is not {'JSON' if many else 'a number'}.",
            field=f"arguments.{name}",
            value=text,
            hint='Write numbers plainly, texts in "…", lists in […].' if many else "",
        ) from None


def input_field(name: str, declared: ToolInput) -> Field:
    """Return the field for an input file: a path on the server, or an upload."""
    common = _labelled(declared.title or name, required=declared.required)
    hint = "paths, one per line" if declared.multiple else "path of a file"
    control = (w.Textarea if declared.multiple else w.Text)(placeholder=hint, **common)
    upload = w.FileUpload(multiple=declared.multiple, description="or upload", layout=_INDENTED)

    def read() -> Any:
        parts = [_part(file) for file in upload.value]
        paths = [line.strip() for line in control.value.splitlines() if line.strip()]
        given = [*paths, *parts]
        if not given:
            raise NothingGiven
        return given if declared.multiple else given[-1]  # what was uploaded stands

    return Field(name, [control, upload], read, declared.description)


def _part(file: dict[str, Any]) -> Part:
    kind = file.get("type") or "application/octet-stream"
    return Part(file["name"], bytes(file["content"]), kind)
