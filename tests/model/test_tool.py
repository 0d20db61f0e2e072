from __future__ import annotations

import jsonschema
import msgspec
import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.tool import Tool, check_tool

WC = b"""
name = "wc"
command = ["wc", "{lines_only}", "{text}"]

[inputs.text]
title = "Text file"

[parameters.lines_only]
type = "boolean"
default = false
flag = "-l"

[parameters.level]
type = "integer"
minimum = 1

[outputs.counts]
path = "stdout"
"""


def load(text: bytes) -> Tool:
    return msgspec.toml.decode(text, type=Tool)


def test_the_schema_holds_inputs_and_parameters():
    schema = check_tool(load(WC)).schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(schema["properties"]) == ["text", "lines_only", "level"]
    assert schema["required"] == ["text", "level"]
    assert schema["additionalProperties"] is False
    assert "flag" not in schema["properties"]["lines_only"]


POINTS = b"""
name = "draw"
command = ["draw", "{points}", "{line}"]

[parameters.points]
type = "array"
items = { "$ref" = "#/$defs/point" }

[parameters.points."$defs".point]
type = "object"
required = ["x"]
properties = { x = { type = "number" } }

[parameters.line]
title = "Line"
oneOf = [{ const = 0, title = "none" }, { type = "number", exclusiveMinimum = 0 }]
"""


@pytest.mark.parametrize(
    ("points", "line", "good"),
    [
        ([{"x": 1}], 0, True),
        ([{"x": 1}], 0.5, True),
        ([{"y": 1}], 0, False),
        ([{"x": 1}], -1, False),
    ],
)
def test_parameters_have_definitions_and_alternatives(points, line, good):
    schema = check_tool(load(POINTS)).schema()
    checked = jsonschema.Draft202012Validator(schema)
    assert checked.is_valid({"points": points, "line": line}) is good


def test_a_bare_name_and_its_id():
    assert load(WC).id == "wc-1.0"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ((b'command = ["wc"', b'script = "x.py"\ncommand = ["wc"'), "command"),
        ((b'["wc", "{lines_only}", "{text}"]', b'"wc {text}"'), "command"),
        ((b"[parameters.level]", b"[parameters.text]"), "parameters.text"),
        ((b'name = "wc"', b'name = "wc"\npass_as = "telepathy"'), "pass_as"),
        ((b'path = "stdout"', b'path = "stdout"\n[resources]\nmemory = "lots"'), "resources"),
    ],
)
def test_a_tool_that_makes_no_sense_is_refused_by_field(change, field):
    with pytest.raises(InvalidRequest) as caught:
        check_tool(load(WC.replace(*change)))
    assert caught.value.field == field


def test_a_misspelt_keyword_is_refused():
    with pytest.raises(msgspec.ValidationError, match="minimun"):
        load(WC.replace(b"minimum", b"minimun"))


def test_several_files_make_an_array():
    schema = load(WC.replace(b'title = "Text file"', b"multiple = true")).schema()
    assert schema["properties"]["text"]["type"] == "array"
