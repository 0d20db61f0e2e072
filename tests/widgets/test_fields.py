from __future__ import annotations

import ipywidgets as w
import pytest

from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.wire import Part
from jobs_ext.model.tool import ToolInput
from jobs_ext.widgets.fields import NothingGiven, parameter_field
from jobs_ext.widgets.files import input_field
from jobs_ext.widgets.slider import RealSlider, WholeSlider
from jobs_ext.widgets.upload import Upload


@pytest.mark.parametrize(
    ("schema", "kind", "value"),
    [
        ({"type": "boolean", "default": True}, w.Checkbox, True),
        ({"type": "string", "enum": ["a", "b"], "default": "b"}, w.Dropdown, "b"),
        ({"type": "integer", "minimum": 1, "maximum": 9, "default": 3}, WholeSlider, 3),
        ({"type": "number", "minimum": 0, "maximum": 1, "default": 0.5}, RealSlider, 0.5),
        ({"type": "integer", "minimum": 1, "default": 3}, w.BoundedIntText, 3),
        ({"type": "number", "default": 0.5}, w.BoundedFloatText, 0.5),
        ({"type": "string", "default": ""}, w.Text, ""),
        ({"type": "array", "default": [1, "x"]}, w.Textarea, [1, "x"]),
        ({"type": "object", "default": {"a": 1}}, w.Textarea, {"a": 1}),
        ({"default": None}, w.Textarea, None),
    ],
)
def test_the_control_fits_the_schema_and_gives_the_default(schema, kind, value):
    field = parameter_field("k", schema)
    assert isinstance(field.control, kind)
    assert field.value() == value
    assert type(field.value()) is type(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "integer", "minimum": 1, "maximum": 9},
        {"type": "number"},
        {"type": "array"},
        {"enum": [1, 2]},
        {"enum": ["", None]},
    ],
)
def test_without_a_default_nothing_is_given_until_it_is_filled_in(schema):
    with pytest.raises(NothingGiven):
        parameter_field("k", schema).value()


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "default": None},
        {"type": "integer", "default": 2**70},
        {"type": "boolean", "default": None},
        {"type": "string", "default": None},
        {"enum": [1, 2], "default": 3},
        {"type": "array", "items": True, "default": [1]},
        {"type": "object", "properties": {"a": True}, "default": {"a": 1}},
    ],
)
def test_a_default_that_no_control_can_hold_is_kept_as_json(schema):
    assert parameter_field("k", schema).value() == schema["default"]


def test_a_value_that_the_control_can_not_hold_is_left_out():
    field = parameter_field("k", {"enum": ["a", "b"], "default": "b"})
    field.fill("gone")
    assert field.value() == "b"


def test_only_what_is_needed_is_marked_so():
    assert parameter_field("k", {"type": "integer"}).control.description == "k *"
    assert parameter_field("k", {"type": "integer"}, required=False).control.description == "k"


def test_numbers_and_lists_are_typed_as_json():
    field = parameter_field("k", {"type": "number"})
    field.control.value = "1.5"
    assert field.value() == 1.5
    field.control.value = "one"
    with pytest.raises(InvalidRequest, match="'one' is not a number") as caught:
        field.value()
    assert caught.value.field == "arguments.k"
    lists = parameter_field("k", {"type": "array", "default": ["é"]})
    assert lists.control.value == '["é"]'
    lists.control.value = "a, b"
    with pytest.raises(InvalidRequest, match="'a, b' is not JSON"):
        lists.value()


def test_a_choice_without_a_default_says_choose():
    field = parameter_field("k", {"enum": ["a", None]})
    assert field.control.label == "choose…"
    field.control.label = "None"
    assert field.value() is None


def test_choices_that_read_alike_are_told_apart():
    field = parameter_field("k", {"enum": ["1", 1]})
    assert [label for label, _ in field.control.options] == ["choose…", '"1"', "1"]


def test_none_is_a_choice_beside_true_and_false():
    field = parameter_field("k", {"enum": [None, True, False], "default": None})
    assert field.value() is None
    assert field.control.label == "None"
    field.fill(False)
    assert field.value() is False
    field.fill(None)
    assert field.value() is None


def test_what_is_needed_is_marked(client):
    to = client.connection
    assert parameter_field("k", {"type": "string"}).control.description == "k *"
    assert input_field("f", ToolInput(required=True), to).control.description == "f *"
    assert input_field("f", ToolInput(required=False), to).control.description == "f"


def test_title_and_help():
    schema = {"type": "boolean", "default": True, "title": "Kay", "description": "<b>how</b>"}
    field = parameter_field("k", schema)
    assert field.control.description == "Kay"
    texts = [child.value for child in field.box.children if isinstance(child, w.HTML)]
    assert "<small>&lt;b&gt;how&lt;/b&gt;</small>" in texts


def test_a_complaint_stands_beside_the_field():
    field = parameter_field("k", {"type": "boolean"})
    field.complain("no <good>")
    assert "no &lt;good&gt;" in field.complaint
    field.complain("")
    assert field.complaint == ""


def upload(field, name, **kept):
    """Do what the browser does when a file has come: by way of the kernel, or straight."""
    [uploader] = [c for box in field.box.children for c in _below(box) if isinstance(c, Upload)]
    if "key" in kept:
        content = {"key": kept["key"], "name": name, "type": "text/plain"}
        uploader._came(None, content, [memoryview(b"x")])
    uploader.files = [*uploader.files, {"name": name, "size": 1, **kept}]
    return uploader


def _below(box):
    return box.children if isinstance(box, w.Box) else ()


def test_an_input_is_a_path_or_an_upload(client):
    field = input_field("text", ToolInput(), client.connection)
    with pytest.raises(NothingGiven):
        field.value()
    field.control.value = " data.txt "
    assert field.value() == "data.txt"
    upload(field, "mine.txt", key="1")
    assert field.value() == Part("mine.txt", b"x", "text/plain")


def test_a_file_under_way_is_waited_for(client):
    field = input_field("text", ToolInput(), client.connection)
    heard = []
    field.on_change(heard.append)
    uploader = upload(field, "mine.txt", project="uploads-me", version=2)
    assert field.value() == {
        "$dataset": {"project": "uploads-me", "name": "mine.txt", "version": 2}
    }
    uploader.pending = ["next.txt"]
    with pytest.raises(InvalidRequest, match=r"next\.txt is still being uploaded") as refused:
        field.value()
    assert refused.value.field == "arguments.text"
    assert heard == [field, field]


def test_an_input_of_many_files(client):
    field = input_field("texts", ToolInput(multiple=True), client.connection)
    field.control.value = "a.txt\n\nb.txt"
    upload(field, "c.txt", key="1")
    assert field.value() == ["a.txt", "b.txt", Part("c.txt", b"x", "text/plain")]


@pytest.mark.parametrize(
    ("schema", "given", "held"),
    [
        (
            {"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.1, "default": 0},
            0.31,
            0.3,
        ),
        ({"type": "integer", "minimum": 1, "maximum": 29, "multipleOf": 5, "default": 5}, 99, 25),
        ({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9, "default": 1}, 9, 8),
    ],
)
def test_a_slider_keeps_to_the_steps_and_bounds_there_are(schema, given, held):
    field = parameter_field("k", schema)
    field.fill(given)
    assert field.value() == held
    assert type(field.value()) is type(held)


def test_a_default_that_is_out_of_range_is_shown_as_it_is():
    field = parameter_field("k", {"type": "integer", "minimum": 1, "maximum": 9, "default": 12})
    assert isinstance(field.control, w.Textarea)
    assert field.value() == 12


@pytest.mark.parametrize("word", ["oneOf", "anyOf"])
def test_choices_have_titles(word):
    several = [{"const": 1, "title": "One"}, {"const": "b"}]
    field = parameter_field("k", {word: several, "default": "b"})
    assert [label for label, _ in field.control.options] == ["One", "b"]
    assert field.value() == "b"


@pytest.mark.parametrize(
    ("form", "kind", "value"),
    [
        ("date", w.DatePicker, "2026-01-02"),
        ("date-time", w.DatetimePicker, "2026-01-02T03:04:05+00:00"),
        ("date-time-local", w.NaiveDatetimePicker, "2026-01-02T03:04:05"),
        ("time-local", w.TimePicker, "03:04:05"),
    ],
)
def test_moments_are_picked(form, kind, value):
    schema = {"type": "string", "format": form}
    with pytest.raises(NothingGiven):
        parameter_field("k", schema).value()
    field = parameter_field("k", schema | {"default": value})
    assert isinstance(field.control, kind)
    assert field.value() == value


def test_what_no_control_fits_is_said_to_be_json():
    texts = [one.value for one in parameter_field("k", {"$comment": "DataFrame"}).box.children[1:]]
    assert "<small>Written as JSON: no control fits a DataFrame.</small>" in texts


def test_a_slider_holds_the_nearest_number_there_is():
    field = parameter_field("k", {"type": "integer", "minimum": 1, "maximum": 9, "default": 3})
    for given, held in ((12, 9), (-4, 1), (5, 5), ("x", 5)):
        field.fill(given)
        assert field.value() == held
    field.control.description = "k 2"
    assert field.control.get_state("description") == {"description": "k 2"}
