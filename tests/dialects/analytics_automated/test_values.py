"""Analytics Automated: what the line of an endpoint says of parameters that nobody foresaw."""

from __future__ import annotations

from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs_ext.dialects.analytics_automated.values import ANY, said, taken
from jobs_ext.model.tool import ToolParameter
from jobs_ext.service.sanity import looks_like_code

_BOUNDS = st.sampled_from([-1000, -1, 0, 0.5, 1, 3, 7, 12, 99, 150, 1e6, 2**40])
_LENGTHS = st.integers(0, 70)
_WORDS = ["quick", "slow", "a-b", "ls", "pi", "abc", "ABC", "12", "1.5", "", "a b", "x/y"]
_TEXTS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": _LENGTHS,
        "maxLength": _LENGTHS,
        "pattern": st.sampled_from(["^[0-9]+$", "^[A-Z]{3}$", "^a", "^.{4}$", "-"]),
        "examples": st.lists(st.sampled_from(_WORDS), max_size=3),
    },
)
_NUMBERS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={
        "minimum": _BOUNDS,
        "maximum": _BOUNDS,
        "exclusiveMinimum": _BOUNDS,
        "exclusiveMaximum": _BOUNDS,
        "multipleOf": st.sampled_from([0.25, 2, 7, 100]),
    },
)
_VALUES = st.sampled_from([*_WORDS, 1, -1, 1.5, True, False, None, 2**70])
_LISTED = st.fixed_dictionaries({"enum": st.lists(_VALUES, min_size=1, max_size=4)})
_FIXED = st.fixed_dictionaries({"const": _VALUES})
_TRUTHS = st.just({"type": "boolean"})
PARAMETERS = st.one_of(_TEXTS, _NUMBERS, _LISTED, _FIXED, _TRUTHS, st.just({}))


@settings(max_examples=200, deadline=None)
@given(PARAMETERS)
def test_whatever_a_line_names_is_taken(keys: dict[str, Any]) -> None:
    """Each value that is named, and any number where any is said to do, passes every check."""
    declared = ToolParameter(**keys)
    named = said(declared)
    texts = ["12", "1", "250"] if named == ANY else named.split("/") if named else []
    for text in texts:
        assert jsonschema.Draft202012Validator(keys).is_valid(taken(declared, text)), text
        assert declared.type == "boolean" or not looks_like_code(text)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 1000), st.booleans())
def test_a_number_within_bounds_is_always_known(least: int, more: int, whole: bool) -> None:
    kind = "integer" if whole else "number"
    assert said(ToolParameter(type=kind, minimum=least, maximum=least + more))


def test_a_number_between_bounds_that_are_not_taken_is_known() -> None:
    """As those of a probability that is neither none nor certain."""
    for low, high in ((0, 0.5), (2.5, 2.75), (1000, 1002)):
        kind = "integer" if low == 1000 else "number"
        assert said(ToolParameter(type=kind, exclusiveMinimum=low, exclusiveMaximum=high))
