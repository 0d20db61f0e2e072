from __future__ import annotations

import time

import msgspec
import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.tool import ToolParameter
from jobs_ext.service import expressions
from jobs_ext.service.schemas import ValueSchema


@pytest.mark.parametrize("value", [0.3, 0.7, 1, 0, 1.1, 1e-1])
def test_a_multiple_is_one_as_it_is_written(value):
    ValueSchema({"type": "number", "multipleOf": 0.1}, "k").check(value, "k")


@pytest.mark.parametrize("value", [0.35, 1e-2])
def test_no_multiple(value):
    with pytest.raises(InvalidRequest, match=r"is not a multiple of 0\.1"):
        ValueSchema({"type": "number", "multipleOf": 0.1}, "k").check(value, "k")


@pytest.mark.parametrize("value", [1e30, 10**40, -1e300])
def test_multiples_that_are_large_are_told(value):
    ValueSchema({"multipleOf": 0.1}, "k").check(value, "k")


@pytest.mark.parametrize(
    "reference", ["file:///etc/passwd", "http://127.0.0.1:1/", "#/$defs/none", "x"]
)
def test_a_schema_refers_to_nothing_outside_of_it(reference):
    with pytest.raises(InvalidRequest, match="refers to"):
        ValueSchema({"type": "array", "items": {"$ref": reference}}, "k")


def test_a_schema_refers_to_what_is_in_it():
    tree = {"$defs": {"list": {"type": "array", "items": {"$ref": "#/$defs/list"}}}}
    schema = ValueSchema({**tree, "$ref": "#/$defs/list"}, "k")
    schema.check([[], [[]]], "k")
    with pytest.raises(InvalidRequest, match="not of type"):
        schema.check([[], [[1]]], "k")
    ValueSchema({"$ref": "https://json-schema.org/draft/2020-12/schema"}, "k").check({}, "k")


def test_a_schema_that_leads_to_itself_or_nowhere_is_told_of():
    schema = ValueSchema({"items": {"$ref": "#/items"}}, "k")
    with pytest.raises(InvalidRequest, match="too deep"):
        schema.check([1], "k")
    lost = {"items": {"$id": "http://e/f", "$ref": "#/$defs/x"}, "$defs": {"x": {}}}
    with pytest.raises(InvalidRequest, match="nowhere"):
        ValueSchema(lost, "k").check([1], "k")


def test_a_value_is_no_reference():
    ValueSchema({"default": {"$ref": "x"}, "examples": [{"$ref": "y"}]}, "k").check(1, "k")


def test_a_pattern_that_takes_for_ever_is_given_up(monkeypatch):
    monkeypatch.setattr(expressions, "PATIENCE", 0.2)
    schema = ValueSchema({"type": "string", "pattern": "(a+)+$"}, "k")
    schema.check("a" * 50, "k")
    with pytest.raises(InvalidRequest, match="takes too long"):
        schema.check("a" * 50 + "!", "k")
    with pytest.raises(InvalidRequest, match="does not match"):
        schema.check("b", "k")


@pytest.mark.parametrize("pattern", ["(" * 5000 + ")" * 5000, "a{2,99999999999}"])
def test_a_pattern_that_cannot_be_read_is_refused(pattern):
    with pytest.raises(InvalidRequest):
        ValueSchema({"pattern": pattern}, "k")


@pytest.mark.parametrize("most", [25, 2.5])
def test_a_bound_is_told_as_it_is_written(most):
    schema = msgspec.convert({"type": "number", "maximum": most}, ToolParameter).schema()
    with pytest.raises(InvalidRequest, match=rf"99 is greater than the maximum of {most}\. Give"):
        ValueSchema(schema, "k").check(99, "k")


MEMBERS = {
    "properties": {"known": {"type": "integer"}},
    "patternProperties": {"^n_": {"type": "integer"}},
}


@pytest.mark.parametrize(
    ("more", "value", "told"),
    [
        (False, {"known": 1, "n_a": 2}, None),
        (False, {"n_a": "b"}, r"k\.n_a: 'b' is not of type"),
        (False, {"known": 1, "other": 2}, r"there can't be other in it"),
        ({"type": "string"}, {"other": "a"}, None),
        ({"type": "string"}, {"other": 1}, r"k\.other: 1 is not of type"),
        (True, {"other": 1}, None),
        (False, ["n_a"], None),
    ],
)
def test_members_that_are_told_of_by_their_names(more, value, told):
    schema = ValueSchema(MEMBERS | {"additionalProperties": more}, "k")
    if told is None:
        schema.check(value, "k")
        return
    with pytest.raises(InvalidRequest, match=told):
        schema.check(value, "k")


@pytest.mark.parametrize("more", [{}, {"additionalProperties": False}])
def test_a_name_that_takes_for_ever_is_given_up_with_all_that_come_after(monkeypatch, more):
    monkeypatch.setattr(expressions, "PATIENCE", 0.2)
    schema = ValueSchema({"items": {"patternProperties": {"(a+)+$": True}, **more}}, "k")
    began = time.monotonic()
    with pytest.raises(InvalidRequest, match=r"takes too long to look for '\(a"):
        schema.check([{"a" * 50 + "!" * n: 1} for n in range(1, 100)], "k")
    assert time.monotonic() - began < 5


def test_what_would_be_looked_for_without_end_is_refused_with_its_tool():
    schema = {"allOf": [{"patternProperties": {"(a+)+$": {}}}], "unevaluatedProperties": False}
    with pytest.raises(InvalidRequest, match="unevaluatedProperties") as told:
        ValueSchema({"items": schema}, "k")
    assert told.value.hint
