from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import pytest

from jobs_ext.client.jsonvalues import json_of
from jobs_ext.client.literals import literal
from jobs_ext.client.typehints import converted, members, schema_of

from .kinds import KINDS, Colour, Point


@pytest.mark.parametrize(("hint", "held", "value", "code"), KINDS)
def test_a_function_gets_its_own_type_and_the_code_makes_it_again(hint, held, value, code):
    made = converted(schema_of(hint)[1], held)
    assert made == value
    assert type(made) is type(value)
    imports: set[str] = set()
    told = literal(made, imports)
    assert not code or told == code
    scope: dict[str, object] = {"tests": sys.modules["tests"]}
    for line in imports:
        exec(line, scope)
    assert eval(told, scope) == value
    assert converted(schema_of(hint)[1], json_of(value)) == value


def test_members_of_a_class_have_help_defaults_and_what_is_needed():
    schema = schema_of(Point)[0]
    assert schema["required"] == ["x"]
    assert schema["properties"]["x"] == {"description": "How far right.", "type": "integer"}
    assert schema["properties"]["seen"]["default"] == "2026-01-02"
    assert schema["properties"]["near"]["items"] == {"$comment": "Point"}


def test_defaults_are_json_and_none_can_be_chosen_where_it_is_no_default():
    def grow(
        colour: Colour = Colour.BLUE,
        at: Point = KINDS[1][2][0],
        when: datetime = datetime(2026, 1, 2, tzinfo=UTC),
        depth: int | None = 3,
        share: Decimal | None = None,
        frame: object = object(),
    ):
        pass

    found = members(grow).properties
    assert found["colour"]["default"] == "BLUE"
    assert found["at"]["default"] == {"x": 1, "seen": "2026-01-02", "near": []}
    assert found["when"]["format"] == "date-time"
    assert found["depth"]["anyOf"] == [{"const": None, "title": "None"}, {"type": "integer"}]
    assert "default" not in found["share"]
    assert "default" not in found["frame"]


def test_what_no_code_makes_is_told():
    with pytest.raises(TypeError, match="no expression for a object"):
        literal([object()], set())
    assert literal([float("inf"), {}, set()], set()) == "[float('inf'), {}, set()]"


class Nested:
    """A name for a type that is named within itself, as ``type X = …`` makes them."""

    @property
    def __value__(self):
        return dict[str, self] | list[int]


def test_a_type_named_within_itself_ends():
    schema, _ = schema_of(dict[str, Nested()])
    several = schema["additionalProperties"]["anyOf"]
    assert several[0] == {"title": "dict", "type": "object", "additionalProperties": {}}
    assert several[1]["items"] == {"type": "integer"}


def test_keys_may_be_annotated():
    schema, _ = schema_of(dict[Annotated[str, {"minLength": 1}], int])
    assert schema == {"type": "object", "additionalProperties": {"type": "integer"}}
