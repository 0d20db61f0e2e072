from __future__ import annotations

import pytest

from jobs_ext.widgets.fields import parameter_field
from jobs_ext.widgets.references import resolved

WHOLE = {"type": "integer"}


@pytest.mark.parametrize(
    ("schema", "there"),
    [
        ({"$ref": "#/$defs/n", "$defs": {"n": WHOLE}}, WHOLE),
        ({"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": WHOLE}}, WHOLE),
        (
            {"$ref": "#/$defs/n", "title": "N", "$defs": {"n": {**WHOLE, "title": "?"}}},
            {**WHOLE, "title": "N"},
        ),
        (
            {
                "allOf": [{"properties": {"x": WHOLE}, "required": ["x"]}],
                "properties": {"y": WHOLE},
            },
            {"properties": {"x": WHOLE, "y": WHOLE}, "required": ["x"]},
        ),
        (
            {"properties": {"$ref": {"$ref": "#/$defs/n"}}, "$defs": {"n": WHOLE}},
            {"properties": {"$ref": WHOLE}},
        ),
        ({"enum": [{"$ref": "#/$defs/n"}]}, {"enum": [{"$ref": "#/$defs/n"}]}),
    ],
)  # fmt: skip
def test_what_a_place_refers_to_stands_there(schema, there):
    made = resolved(schema)
    made.pop("$defs", None)
    assert made == there


TREE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "sons": {"type": "array", "items": {"$ref": "#"}}},
}


@pytest.mark.parametrize(
    "schema",
    [{"$ref": "#/$defs/none"}, {"$ref": "http://127.0.0.1/x"}, {"$ref": "#/title", "title": "t"}],
)
def test_what_leads_nowhere_is_written_as_json(schema):
    assert "no control fits" in parameter_field("k", resolved(schema)).box.children[1].value


def test_what_holds_others_of_its_kind_is_written_as_json_there():
    field = parameter_field("k", resolved(TREE))
    given = {"name": "a", "sons": [{"name": "b"}]}
    field.fill(given)
    assert field.value() == given


def test_definitions_that_name_each_other_have_an_end():
    steps = {
        f"d{n}": {"properties": {key: {"$ref": f"#/$defs/d{n + 1}"} for key in "xyz"}}
        for n in range(40)
    }
    assert resolved({"$ref": "#/$defs/d0", "$defs": steps | {"d40": WHOLE}})
