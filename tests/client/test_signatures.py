from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NewType

import msgspec
import pytest

from jobs_ext.client.docstrings import read_docstring
from jobs_ext.client.signatures import described
from jobs_ext.client.typehints import schema_of

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


@pytest.mark.parametrize(
    "text",
    [
        "Do it.\n\n:param k: how many\n:param int j: of which",
        "Do it.\n\nParameters\n----------\nk : int\n    how many\nj : int, optional\n    of which",
        "Do it.\n\nArgs:\n    k: how many\n    j (int): of which",
    ],
)
def test_docstrings_of_three_styles(text):
    assert read_docstring(text) == ("Do it.", {"k": "how many", "j": "of which"})


def test_hints_that_name_what_is_not_there_are_left_out():
    def odd(k: Nowhere = 1):  # noqa: F821
        pass

    assert described(odd).properties == {"k": {"description": "", "default": 1}}
