"""A JSON Schema with what it refers to in its place: a form has a control for each place."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from .fields import Schema

_MOST = 500  # references that are followed: a few definitions can name each other without end
_VALUES = ("const", "default", "enum", "examples", "required")
_BY_NAME = ("properties", "patternProperties", "$defs")
_SHOWN = ("title", "description", "default")
#: what is left where no control can be made: `fields` says so with these words
_WITHOUT_END: Schema = {"$comment": "value that can hold others of its kind"}


def resolved(schema: Schema) -> Schema:
    """Return a schema in which no place refers to another, and what must hold together is one.

    What refers to itself, to a place that is not in it, or to too many, says nothing there.
    """
    made: Schema = _Resolver(schema).schema(schema, frozenset())
    return made


class _Resolver:
    """Follows the references of one schema, as many as there may be."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._left = _MOST

    def schema(self, one: Any, within: frozenset[str]) -> Any:
        """Return a schema, or a list of some; it is what the references `within` led to."""
        if isinstance(one, list):
            return [self.schema(part, within) for part in one]
        if not isinstance(one, dict):
            return one
        made = {key: self._keyword(key, value, within) for key, value in one.items()}
        reference = made.pop("$ref", None)
        found = {} if reference is None else self._found(reference, within)
        if found is None:
            return {key: made[key] for key in _SHOWN if key in made} | _WITHOUT_END
        return _joined([found, *made.pop("allOf", [])], made)

    def _keyword(self, key: str, value: Any, within: frozenset[str]) -> Any:
        if key in _VALUES:
            return value
        if key in _BY_NAME and isinstance(value, dict):
            named = {} if key == "$defs" else value  # they are looked at where they are meant
            return {name: self.schema(one, within) for name, one in named.items()}
        return self.schema(value, within)

    def _found(self, reference: str, within: frozenset[str]) -> Any:
        """Return what a reference leads to; None where that has no end, or is not there."""
        self._left -= 1
        if reference in within or self._left < 0:
            return None
        place: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            place = place.get(name) if isinstance(place, dict) else None
        return self.schema(place, within | {reference}) if isinstance(place, dict) else None


def _joined(parts: list[Any], own: Schema) -> Schema:
    """Return one schema for several that hold together; for a keyword of two, the last's."""
    whole: Schema = {}
    for part in (*(one for one in parts if isinstance(one, dict)), own):
        for key in ("properties", "required"):
            if key in whole and key in part:
                both = (
                    {**whole[key], **part[key]} if key == "properties" else whole[key] + part[key]
                )
                part = part | {key: both}
        whole |= part
    return whole
