from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType

import msgspec
import pytest

from jobs_ext.client.docstrings import read_docstring
from jobs_ext.client.signatures import described
from jobs_ext.client.typehints import hint_of, schema_of

NOTHING = object()


class Colour(Enum):
    RED = 1
    BLUE = 2


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (int, {"type": "integer"}),
        (float | None, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (bool | None, {"enum": [None, True, False]}),
        (Literal["a"] | None, {"enum": [None, "a"]}),
        (Literal["a", 2], {"enum": ["a", 2]}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (list, {"type": "array"}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (Annotated[int, {"minimum": 1, "maximum": 9}],
         {"type": "integer", "minimum": 1, "maximum": 9}),
        (Colour, {"enum": ["RED", "BLUE"]}),
        (date, {"type": "string", "format": "date"}),
        (Path, {"type": "string", "format": "path"}),
        (int | str, {"anyOf": [{"title": "int", "type": "integer"},
                               {"title": "str", "type": "string"}]}),
        (int | Any, {}),
        (datetime, {"type": "string", "format": "date-time-local"}),
        (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
        (tuple[int, str], {"type": "array", "minItems": 2, "maxItems": 2,
                           "prefixItems": [{"type": "integer"}, {"type": "string"}]}),
        (Annotated[str, msgspec.Meta(min_length=2, title="T")],
         {"type": "string", "minLength": 2, "title": "T"}),
        (NewType("Depth", int), {"type": "integer"}),
        (complex, {"$comment": "complex"}),
        (Any, {}),
        ("no such name", {}),
    ],
)  # fmt: skip
def test_a_type_becomes_a_schema(hint, schema):
    assert schema_of(hint)[0] == schema


def test_values_are_made_of_what_a_form_holds():
    assert schema_of(Colour)[1]("BLUE") is Colour.BLUE
    assert schema_of(list[date])[1](["2026-11-22"]) == [date(2026, 11, 22)]
    assert schema_of(Path)[1]("a/b") == Path("a/b")
    assert schema_of(int)[1] is None
    assert [schema_of(Colour | None)[1](one) for one in ("RED", None)] == [Colour.RED, None]


def test_a_function_is_described_by_its_signature_and_docstring():
    def simulate(frame, depth: int = 3, colour: Colour = Colour.RED, start=NOTHING, *rest, **more):
        """Simulate the growth
        of a tree.

        Longer text.

        Args:
            frame: What it grows on.
            depth (int): How deep.
        """

    about = described(simulate)
    assert (about.title, about.description) == ("simulate", "Simulate the growth of a tree.")
    assert list(about.properties) == ["frame", "depth", "colour", "start"]
    assert about.properties["frame"] == {"description": "What it grows on."}
    assert about.properties["depth"] == {
        "type": "integer",
        "description": "How deep.",
        "default": 3,
    }
    assert about.properties["colour"]["default"] == "RED"
    assert "default" not in about.properties["start"]
    assert about.required == {"frame"}


PLAIN = """Do it.

k: how many
j (int): of which
    there are
"""
GOOGLE = """
    Do it.

    Args:
        k: how many
        j (dict[str, Literal["a:b"]]): of which
            there are

    Returns:
        i: nothing of the parameter
    """
NUMPY = """Do
it.

Parameters
----------
k : int
    how many
j : int, optional
    of which
    there are

Returns
-------
i : int
    nothing of the parameter
"""
SPHINX = """Do it.
:param k: how many
:type k: int
:param int j: of which
    there are
:return: i: nothing of the parameter
"""


@pytest.mark.parametrize("text", [PLAIN, GOOGLE, NUMPY, SPHINX])
def test_docstrings_of_four_styles(text):
    told = {"k": "how many", "j": "of which there are"}
    assert read_docstring(text, ["i", "j", "k"]) == ("Do it.", told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- `k`: how many\n- `j` -- of which", {"k": "how many", "j": "of which"}),
        ("Parameters:\nk, j : int\n    of both", {"k": "of both", "j": "of both"}),
        ("Parameters:\n\nk\n    how many", {"k": "how many"}),
        ("Args:\n    *k: how many", {"k": "how many"}),
        ("k : how many", {"k": "how many"}),
        ("Beware: this is none.\nNote: nor this", {}),
        ("Args:\n" + " \t" * 50_000 + "k" * 100_000 + " (" * 50_000, {}),
    ],
)
def test_what_is_said_of_parameters_is_found(text, told):
    assert read_docstring(text, ["j", "k"])[1] == told


class Point(NamedTuple):
    x: int


@pytest.mark.parametrize(
    ("default", "hint"),
    [
        (10, int),
        (False, bool),
        ("name", str),
        (date(2026, 1, 2), date),
        (Colour.RED, Colour),
        (Path("a"), type(Path())),
        (Point(1), Point),
        ((1, 2), tuple[int, ...]),
        ([1, 0.5], list[float]),
        ({"a": [True]}, dict[str, list[bool]]),
        ([], None),
        ((1, "a"), None),
        ({1: 2}, None),
        (object(), None),
        (None, None),
    ],
)
def test_a_default_tells_its_type_where_no_hint_does(default, hint):
    assert hint_of(default) == hint


def test_hints_that_name_what_is_not_there_are_left_out():
    def odd(k: Nowhere = 1):  # noqa: F821
        pass

    assert described(odd).properties == {"k": {"description": "", "type": "integer", "default": 1}}
