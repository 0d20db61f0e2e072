from __future__ import annotations

import pytest

from jobs_ext.client.errors import InvalidRequest
from jobs_ext.widgets.sweeping import read_values

LIST = {"type": "array"}
INTEGER, NUMBER, TEXT = {"type": "integer"}, {"type": "number"}, {"type": "string"}


@pytest.mark.parametrize(
    ("text", "schema", "values"),
    [
        ("1, 2, 5", INTEGER, [1, 2, 5]),
        ("1..4", INTEGER, [1, 2, 3, 4]),
        ("0..10..5", INTEGER, [0, 5, 10]),
        ("0..0.3..0.1", NUMBER, [0.0, 0.1, 0.2, 0.3]),
        ("-1..1", NUMBER, [-1, 0, 1]),
        ("a, b c", TEXT, ["a", "b c"]),
        ("1..3", TEXT, ["1..3"]),
        ('["a, b", "c"]', TEXT, ["a, b", "c"]),
        ("true, false", {"type": "boolean"}, [True, False]),
        ("1, x", {"enum": [1, "x"]}, [1, "x"]),
        ('1, "a"', {}, [1, "a"]),
        ("[1], [1, 2]", LIST, [[1], [1, 2]]),
        ('{"k": 1}, {}', {"type": "object"}, [{"k": 1}, {}]),
    ],
)
def test_values_are_read_by_their_type(text, schema, values):
    read = read_values("k", text, schema)
    assert read == values
    assert [type(value) for value in read] == [type(value) for value in values]


@pytest.mark.parametrize("text", ["1, x", "5..1", "0..1..0", "0..1..-1", "0..1e12", "[1"])
def test_what_can_not_be_read_is_named(text):
    with pytest.raises(InvalidRequest) as caught:
        read_values("k", text, NUMBER)
    assert caught.value.field == "arguments.k"


@pytest.mark.parametrize("text", ["[1], ", "[1] [2]", "[" * 100_000, "NaN]"])
def test_a_list_that_can_not_be_read_is_named(text):
    with pytest.raises(InvalidRequest, match="JSON") as caught:
        read_values("k", text, LIST)
    assert caught.value.field == "arguments.k"
