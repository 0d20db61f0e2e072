"""The fields of dates and times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, NamedTuple

import ipywidgets as w

from .fields import Field, NothingGiven, Schema

_ONE_SECOND = 1.0


class _Way(NamedTuple):
    """How a format is chosen, and read."""

    control: Callable[..., w.Widget]
    parse: Callable[[str], Any]


#: by the formats of JSON Schema, and two of our own for moments that know no time zone
WAYS = {
    "date": _Way(w.DatePicker, date.fromisoformat),
    "date-time": _Way(w.DatetimePicker, datetime.fromisoformat),
    "date-time-local": _Way(w.NaiveDatetimePicker, datetime.fromisoformat),
    "time-local": _Way(w.TimePicker, time.fromisoformat),
}


def moment_field(name: str, schema: Schema, common: dict[str, Any]) -> Field:
    """Return the field for a date, a time or both, held as ISO 8601."""
    way = WAYS[schema["format"]]
    step = {"step": _ONE_SECOND} if way.control is w.TimePicker else {}
    control = way.control(**step, **common)

    def read() -> str:
        if control.value is None:
            raise NothingGiven
        return str(control.value.isoformat())

    def write(value: Any) -> None:
        control.value = way.parse(value)

    if "default" in schema:
        write(schema["default"])
    return Field(name, [control], read, write, schema.get("description", ""))
