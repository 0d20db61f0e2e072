from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from jobs_ext.client.errors import InvalidRequest, WrongArguments
from jobs_ext.client.sweep import grid, sets, zipped


def first() -> str:
    return "x"


def test_grid_varies_the_last_named_fastest():
    assert grid(k=[1, 2], text=("a", "b")) == [
        {"k": 1, "text": "a"},
        {"k": 1, "text": "b"},
        {"k": 2, "text": "a"},
        {"k": 2, "text": "b"},
    ]


@pytest.mark.parametrize("axis", ["abc", b"abc", 3])
def test_an_axis_that_is_no_list_is_a_type_error(axis):
    with pytest.raises(TypeError, match="k must be a list"):
        grid(k=axis)


def test_an_empty_axis_is_named():
    with pytest.raises(InvalidRequest, match="k has no values"):
        grid(k=[])


def test_zipped_takes_side_by_side():
    assert zipped(a=[1, 2], b=["x", "y"]) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


def test_zipped_axes_must_be_equally_long():
    with pytest.raises(InvalidRequest, match="a has 2, b has 1"):
        zipped(a=[1, 2], b=[1])


def test_values_are_for_the_first_parameter():
    assert sets(range(2), first) == [{"x": 0}, {"x": 1}]


def test_dicts_stand_for_themselves():
    assert sets([{"a": 1}], first) == [{"a": 1}]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_a_frame_gives_its_rows(frame):
    rows = sets(frame({"a": [1, 2], "b": ["x", "y"]}), first)
    assert rows == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert type(rows[0]["a"]) is int


@pytest.mark.parametrize("over", ["data.txt", {"k": [1]}, 5, None, [1, {"a": 2}]])
def test_what_is_no_list_of_argument_sets_is_a_type_error(over):
    with pytest.raises(WrongArguments):
        sets(over, first)


def test_nothing_to_map_over():
    with pytest.raises(InvalidRequest, match="nothing"):
        sets([], first)
