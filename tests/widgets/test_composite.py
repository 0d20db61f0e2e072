from __future__ import annotations

import pytest

from jobs_ext.client.errors import InvalidRequest
from jobs_ext.widgets.fields import NothingGiven, parameter_field

ROWS = {"type": "array", "items": {"type": "integer", "default": 0}, "title": "Depth"}
NESTED = {
    "type": "object",
    "properties": {"x": {"type": "number"}, "on": {"type": "boolean"}, "list": ROWS},
}


def test_a_list_has_a_row_for_each_value():
    field = parameter_field("k", ROWS | {"default": [1, 2]})
    heard = []
    field.on_change(heard.append)
    assert field.value() == [1, 2]
    field.control.add()
    field.control.fields[2].control.value = 7
    assert field.value() == [1, 2, 7]
    first_row = field.control.children[0].children[0]
    assert first_row.children[1].tooltip == "Remove Depth 1"
    first_row.children[1].click()
    assert field.value() == [2, 7]
    assert field.control.fields[0].control.description == "Depth 1"
    assert heard
    field.fill([5])
    assert field.value() == [5]


@pytest.mark.parametrize(
    "schema",
    [
        ROWS,
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "properties": {"x": {"type": "number"}}},
    ],
    ids=["list", "mapping", "object"],
)
def test_what_is_empty_is_given_where_it_is_needed(schema):
    empty = [] if schema is ROWS else {}
    assert parameter_field("k", schema).value() == empty
    assert parameter_field("k", schema | {"default": empty}, required=False).value() == empty
    free = parameter_field("k", schema, required=False)
    with pytest.raises(NothingGiven):
        free.value()


def test_a_list_that_was_given_empty_stays_so():
    field = parameter_field("k", ROWS, required=False)
    field.fill([])
    assert field.value() == []


def test_an_object_that_lacks_what_it_needs_is_not_given():
    with pytest.raises(NothingGiven):
        parameter_field("k", NESTED | {"properties": {"x": {}}, "required": ["x"]}).value()


def test_a_row_that_is_left_empty_is_told():
    field = parameter_field("k", {"type": "array", "items": {"type": "string"}})
    field.control.add("a")
    field.control.add()
    with pytest.raises(InvalidRequest, match="k 2 is empty"):
        field.value()
    assert "fill it in or remove it" in field.control.fields[1].complaint
    field.control.fields[1].control.value = "b"
    assert field.value() == ["a", "b"]


def test_a_tuple_has_a_field_for_each_place():
    places = [{"type": "integer"}, {"type": "string", "title": "Name"}]
    schema = {"type": "array", "prefixItems": places}
    field = parameter_field("k", schema)
    with pytest.raises(NothingGiven):
        field.value()
    field.control.children[1].children[0].value = "3"
    with pytest.raises(InvalidRequest, match="Each place is needed"):
        field.value()
    field.fill([4, "a"])
    assert field.value() == [4, "a"]
    assert parameter_field("k", schema | {"default": [1, "b"]}).value() == [1, "b"]


def test_members_of_any_name_are_rows_of_key_and_value():
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    field = parameter_field("k", schema | {"default": {"a": 1}})
    assert field.value() == {"a": 1}
    field.fill({"a": 1, "b": 2})
    assert field.value() == {"a": 1, "b": 2}
    [row] = [one for one in rows_of(field) if one.value()["key"] == "b"]
    row.fill({"key": "a"})
    with pytest.raises(InvalidRequest, match="'a' is there twice"):
        field.value()
    row.fill({"key": ""})
    with pytest.raises(InvalidRequest, match="A key is missing"):
        field.value()


def test_members_besides_the_known_ones_are_kept():
    known = {"k": {"type": "string"}}
    schema = {"type": "object", "properties": known, "additionalProperties": {"type": "integer"}}
    given = {"k": "a", "z": 3}
    assert parameter_field("o", schema | {"default": given}).value() == given
    field = parameter_field("o", schema)
    field.fill({"z": 1})
    assert field.value() == {"z": 1}


def rows_of(field):
    return field.control.children[0].fields


def test_one_of_several_types_is_chosen_first():
    schema = {"anyOf": [{"type": "integer"}, {"type": "string", "title": "text"}, {"type": "null"}]}
    field = parameter_field("k", schema)
    heard = []
    field.on_change(heard.append)
    with pytest.raises(NothingGiven):
        field.value()
    choice = field.control.children[1]
    assert [label for label, _ in choice.options] == ["choose…", "integer", "text", "null"]
    shown = [box.layout.display for box in field.control.children[2:]]
    assert shown == ["none", "none"]
    for value in (3, "3", None):
        field.fill(value)
        assert field.value() == value
    assert heard
    assert parameter_field("k", {"type": ["string", "null"], "default": None}).value() is None


def test_an_object_has_a_field_for_each_key():
    field = parameter_field("k", NESTED)
    heard = []
    field.on_change(heard.append)
    assert field.value() == {"on": False}
    field.fill({"x": 1.5, "list": [3], "unknown": 1})
    assert field.value() == {"x": 1.5, "on": False, "list": [3]}
    assert heard == [field] * len(heard)


def test_what_can_not_be_read_in_a_part_is_told():
    field = parameter_field("k", {"type": "object", "properties": {"x": {"type": "number"}}})
    field.control.children[1].children[0].value = "one"
    with pytest.raises(InvalidRequest, match="'one' is not a number"):
        field.value()


def test_what_can_not_be_read_inside_is_told_there_and_raised_of_the_whole():
    schema = {
        "type": "array",
        "title": "Things",
        "items": {"type": "object", "properties": {"n": {"type": "integer"}}},
    }
    field = parameter_field("things", schema)
    rows = field.control
    rows.add({"n": 1})
    rows.add({"n": 2})
    inner = rows.fields[1].control.children[1].children[0]
    inner.value = "two"
    with pytest.raises(InvalidRequest, match="Things 2: n: 'two' is not a number") as refused:
        field.value()
    assert (refused.value.field, refused.value.value) == ("arguments.things", "two")
    assert "is not a number" in rows.fields[1].complaint
    inner.value = "3"
    assert field.value() == [{"n": 1}, {"n": 3}]
    assert rows.fields[1].complaint == ""


def test_rows_of_objects_are_numbered_anew_when_one_goes():
    schema = {
        "type": "array",
        "title": "Things",
        "items": {"type": "object", "properties": {"n": {"type": "integer"}}},
    }
    rows = parameter_field("things", schema).control
    rows.add({"n": 1})
    rows.add({"n": 2})
    rows.fields[0].control.children[0].children[1].click()
    assert rows.fields[0].control.description == "Things 1"
    assert "<b>Things 1</b>" in rows.fields[0].control.children[0].children[0].value


def test_rows_of_lists_are_numbered_anew_with_all_that_is_in_them():
    rows = parameter_field("k", {"type": "array", "items": ROWS | {"title": "x"}}).control
    rows.fill([[1], [2, 3]])
    rows.fields[0].control.children[1].children[-1].click()
    inner = rows.fields[0].control
    assert [one.control.description for one in inner.fields] == ["k 1 1", "k 1 2"]


MAPPED = {"type": "object", "additionalProperties": {"type": "integer"}}


@pytest.mark.parametrize("schema", [NESTED, MAPPED, ROWS], ids=["object", "mapping", "list"])
@pytest.mark.parametrize("other", ["all", 7, True])
def test_what_is_of_another_type_is_not_filled_in(schema, other):
    field = parameter_field("k", schema)
    field.fill(other)
    assert parameter_field("k", schema | {"default": other}).value() == other
