"""What a parameter may be in a form: texts, of which the line of an endpoint names some."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import UNSET, UnsetType

from ...model.errors import InvalidRequest
from ...model.tool import ToolParameter
from ...service.sanity import looks_like_code
from ...service.schemas import ValueSchema

ANY = "VALUE"  # what a line has where any plain value will do
_TRUTH = ("TRUE", "FALSE")
_KEPT = ("1", "ON")  # what forms send for a tick: upstream keeps a flag for all but FALSE
_NUMBER = re.compile(r"\d{1,18}(\.\d{1,18})?", re.ASCII)
_PLAIN = {  # what stands for any
    "integer": ("1", "12", "100", "1000003"),
    "number": ("1", "12", "1.5", "1000003"),
}
_WORDS = ("1", "12", "1.5", "abc", "a1b2c3d4e5f6")
_SOME = 3  # values that are named where not any will do
_LONGEST = 64  # characters of a value that is named


def taken(declared: ToolParameter, text: str) -> Any:
    """Return a value as its parameter wants it; what it can't be is left for the tool to refuse."""
    if declared.type == "boolean" and text.upper() in (*_TRUTH, *_KEPT):
        return text.upper() != "FALSE"
    if declared.type in ("integer", "number") and _NUMBER.fullmatch(text):
        number = float(text)
        return int(text) if "." not in text else number if math.isfinite(number) else text
    return next((one for one in _listed(declared) if str(one) == text), text)


def said(declared: ToolParameter) -> str:
    """Say what a parameter may be, each value good: ``ANY``, or some with ``/`` between them.

    All of them where there are few; ``""`` when none is known.
    """
    schema = ValueSchema(declared.schema(), "value")

    def good(texts: Iterable[str]) -> Iterator[str]:
        return (text for text in dict.fromkeys(texts) if _is_good(declared, schema, text))

    if declared.type == "boolean":
        return "/".join(good(_TRUTH))
    if listed := _listed(declared):
        return "/".join(good(map(str, listed)))
    plain = _PLAIN.get(_type(declared), _WORDS)
    if len([*good(plain)]) == len(plain):
        return ANY
    few = [*good([*_examples(declared), *_near_bounds(declared), *plain, *_lengths(declared)])]
    return "/".join(few[:_SOME])


def _is_good(declared: ToolParameter, schema: ValueSchema, text: str) -> bool:
    """Tell whether a value would be accepted, sent as this text."""
    is_truth = declared.type == "boolean" and text in _TRUTH
    if len(text) > _LONGEST or (not is_truth and looks_like_code(text)):
        return False
    try:
        schema.check(taken(declared, text), "value")
    except InvalidRequest:
        return False
    return True


def can_be_sent(declared: ToolParameter) -> bool:
    """Tell whether there is a good value, though maybe none is known."""
    is_text = _type(declared) in ("", "string") and not _listed(declared)
    return is_text or bool(said(declared))


def _listed(declared: ToolParameter) -> list[Any]:
    """Return the only values that there are; none if there are more."""
    if declared.const is not UNSET:
        return [declared.const]
    return [] if isinstance(declared.enum, UnsetType) else declared.enum


def _type(declared: ToolParameter) -> str:
    return "" if isinstance(declared.type, UnsetType) else declared.type


def _examples(declared: ToolParameter) -> list[str]:
    return [] if isinstance(declared.examples, UnsetType) else [*map(str, declared.examples)]


def _near_bounds(declared: ToolParameter) -> Iterator[str]:
    """Yield numbers that may lie within the bounds, as they are written without a sign."""
    step = 1.0 if declared.multipleOf is UNSET else declared.multipleOf
    given = (
        *(declared.minimum, declared.exclusiveMinimum),
        *(declared.maximum, declared.exclusiveMaximum),
    )
    bounds = [bound for bound in given if not isinstance(bound, UnsetType)]
    middle = [(min(bounds) + max(bounds)) / 2] if bounds else []
    for bound in (*bounds, *middle, 0.0):
        if not math.isfinite(bound / step):
            continue
        nearest = round(bound / step) * step
        for number in (bound, nearest, nearest + step, nearest - step, nearest / 2):
            yield f"{number:.15g}"


def _lengths(declared: ToolParameter) -> Iterator[str]:
    for length in (declared.minLength, declared.maxLength):
        if not isinstance(length, UnsetType):
            yield "a" * min(length, _LONGEST)
