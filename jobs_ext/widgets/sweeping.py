"""Several values for one parameter, as people write them: ``1, 2``, ``0..10``, ``0..1..0.1``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ipywidgets as w

from jobs_ext.client.errors import InvalidRequest

from .fields import STYLE, WIDE, Field, Schema, choices_of, read_json

_NUMBER = r"\s*(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*"
_RANGE = re.compile(rf"{_NUMBER}\.\.{_NUMBER}(?:\.\.{_NUMBER})?")
_MOST = 100_000  # values of one range


class Swept:
    """The line below a field in which several values for it are given; empty: it is not swept."""

    def __init__(self, field: Field, schema: Schema, changed: Callable[[Field], object]) -> None:
        self.name, self._schema = field.name, schema
        title = schema.get("title") or field.name
        self.control = w.Text(
            description=f"{title}: sweep",
            placeholder=f"several values: {_example(schema)}",
            style=STYLE,
            layout=WIDE,
        )
        self.control.observe(lambda _: changed(field), "value")

    def values(self) -> list[Any] | None:
        """Return the values, None when there are none; `InvalidRequest` if they can't be read."""
        text = str(self.control.value).strip()
        return read_values(self.name, text, self._schema) if text else None


def _example(schema: Schema) -> str:
    choices = choices_of(schema)
    if choices is not None:
        return ", ".join(label for label, _ in choices[:3])
    if schema.get("format") == "date":
        return "2026-01-01, 2026-01-02"
    shown = {
        "boolean": "true, false",
        "string": "a, b, c",
        "array": '["a"], ["a", "b"]',
        "object": '{"k": 1}, {"k": 2}',
    }
    return shown.get(str(schema.get("type")), "1, 2, 5 or a range: 0..10 or 0..1..0.1")


def read_values(name: str, text: str, schema: Schema) -> list[Any]:
    """Return the values that a text lists, by the type that the schema gives one of them."""
    kind = schema.get("type")
    if kind in ("array", "object"):  # each is JSON itself, so a list would be one value
        return _listed(name, text)
    span = _RANGE.fullmatch(text)
    if span and kind in ("integer", "number", None):
        return _span(name, text, *span.groups())
    if text.startswith("["):
        listed = read_json(name, text, many=True)
        return listed if isinstance(listed, list) else [listed]
    parts = [part.strip() for part in text.split(",") if part.strip()]
    choices = choices_of(schema)
    if choices is not None:
        known = dict(choices)
        return [known.get(part, part) for part in parts]
    if kind == "string":
        return [*parts]
    return [read_json(name, part, many=True) for part in parts]


def _listed(name: str, text: str) -> list[Any]:
    """Return the values of JSON that stand side by side; `InvalidRequest` if they can't be read."""
    try:
        return list(json.loads(f"[{text}]"))
    except (ValueError, RecursionError):
        raise InvalidRequest(
            f"{text!r} is not JSON.",
            field=f"arguments.{name}",
            value=text,
            hint='Write lists as ["a"], ["a", "b"], objects as {"k": 1}, {"k": 2}.',
        ) from None


def _span(name: str, text: str, low: str, high: str, step: str | None) -> list[Any]:
    """Return the numbers from `low` to `high`, both among them, in exact steps."""
    first, last, by = Decimal(low), Decimal(high), Decimal(step or 1)
    if by <= 0 or not 0 <= (last - first) / by < _MOST:
        raise InvalidRequest(
            f"{text!r} is no range.",
            field=f"arguments.{name}",
            value=text,
            hint="Write from..to or from..to..step, upwards.",
        )
    numbers = [first + by * n for n in range(int((last - first) / by) + 1)]
    whole = all("." not in one and "e" not in one.lower() for one in (low, high, step or "1"))
    return [int(number) if whole else float(number) for number in numbers]
