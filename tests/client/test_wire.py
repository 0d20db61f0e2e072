from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.outputs import OutputReference
from jobs_ext.client.wire import Part, encoded, is_inline, plain, scalar
from jobs_ext.model.key import KeyRequest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Path("a") / "b.txt", "a/b.txt"),
        (np.int32(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        ((1, (2, None)), [1, [2, None]]),
        (np.array([[1, 2]]), [[1, 2]]),
        ({"k": Path("p")}, {"k": "p"}),
        (dt.date(2026, 10, 1), "2026-10-01"),
        (pd.Timestamp("2026-10-01T01:00"), "2026-10-01T01:00:00"),
        (range(3), [0, 1, 2]),
    ],
)
def test_plain_values(value, expected):
    made = plain(value, "arguments.x", {})
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_what_json_can_not_hold_is_refused_by_name(value):
    with pytest.raises(InvalidRequest) as caught:
        plain({"deep": [value]}, "arguments.x", {})
    assert caught.value.field == "arguments.x.deep[0]"


def test_bytes_and_files_are_uploaded():
    parts: dict[str, Part] = {}
    file = Part("data.txt", b"abc", "text/plain")
    assert plain(file, "arguments.text", parts) == {"$part": "text", "text": "data.txt"}
    assert plain([b"x"], "arguments.more", parts)[0]["$part"] == "more[0]"
    assert parts["text"] == file
    assert parts["more[0]"].content == b"x"


def test_an_output_of_another_job_is_named():
    reference = {"$output": {"job": "the-id", "name": "t.csv"}}
    assert plain(OutputReference("the-id", "t.csv"), "arguments.text", {}) == reference


@pytest.mark.parametrize(
    "value", [None, True, 1, 1.5, "ä", [1, ["x"]], {"a": {"b": None}}, -(2**63), 2**63 - 1]
)
def test_exact(value):
    assert is_inline(value)


@pytest.mark.parametrize(
    "value",
    [(1,), {1: 2}, {"$part": "x"}, float("nan"), 2**63, "\udc80", np.float64(1), b"", [(1,)]],
)
def test_not_exact(value):
    assert not is_inline(value)


def test_numpy_numbers_with_a_twin_become_it():
    assert type(scalar(np.int64(3))) is int
    assert type(scalar(np.float64(3))) is float
    assert type(scalar(np.float32(3))) is np.float32
    assert type(scalar(np.arange(2))) is np.ndarray


def nested(depth):
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize("value", [[["x" * 1000] * 100], nested(60), nested(900)])
def test_large_and_deep_values_are_uploaded(value):
    assert not is_inline(value)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"arguments": [{"k": 1}, {"k": ["a", "b\udc80"]}]}, "arguments[1].k[1]"),
        ({"options": {"env": {"A\ud800": "1"}}}, "options.env"),
        ({"name": "\ud800"}, "name"),
        ("\ud800", "body"),
        (KeyRequest(name="k", verbs=["\ud800"]), "verbs[0]"),
    ],
)
def test_text_that_is_none_is_refused_by_name(body, field):
    with pytest.raises(InvalidRequest, match="lone surrogate") as caught:
        encoded(body)
    assert caught.value.field == field
    assert encoded({"k": "Ü🎉"}) == '{"k":"Ü🎉"}'.encode()
