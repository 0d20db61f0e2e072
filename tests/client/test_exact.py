"""Frames as arguments: by Arrow where the function gets just what was given, else pickled."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from jobs_ext.client import functions
from jobs_ext.runner.payloads.function import load_part

TIMES = pd.date_range("2026-01-01", periods=2, tz="Europe/Berlin")
EXACT = {
    "numbers": pd.DataFrame({"a": [1, 2], "b": [0.5, None], "c": np.array([1, 2], "uint8")}),
    "half": pd.DataFrame({"a": np.array([1, 2], "float16")}),
    "text": pd.DataFrame({"a": ["x", None, "é"], "b": pd.array(["x", None, "y"], "string")}),
    "times": pd.DataFrame({"t": TIMES, "d": TIMES - TIMES[0], "s": TIMES.as_unit("s")}),
    "category": pd.DataFrame({"c": pd.Categorical(["b", "a"], ["b", "z", "a"], ordered=True)}),
    "nullable": pd.DataFrame({"i": pd.array([1, None], "Int8"), "b": pd.array([None, True])}),
    "index": pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key")),
    "levels": pd.DataFrame(
        {"a": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, "x"), (2, "y")], names=["n", "t"])
    ),
    "of an index": pd.DataFrame({"a": [1, 2, 3]}).iloc[[2, 0]],
    "empty": pd.DataFrame({"a": []}),
}
ODD = {
    "mixed": pd.DataFrame({"a": [1, "x"]}),
    "numbers as objects": pd.DataFrame({"a": [True, 1]}, dtype=object),
    "nan in text": pd.DataFrame({"a": ["x", np.nan]}, dtype=object),
    "dates": pd.DataFrame({"a": [dt.date(2026, 1, 1)]}),
    "lists": pd.DataFrame({"a": [[1], [2, 3]]}),
    "frequency": pd.DataFrame({"a": [1, 2]}, index=TIMES),
    "names": pd.DataFrame({1: [1], "b": [2]}),
    "twice": pd.DataFrame([[1, 2]], columns=["a", "a"]),
}


def sent(frame, folder):
    part = functions._part(frame, "frame")
    (folder / "part").write_bytes(part.content)
    return part.filename, load_part(str(folder / "part"), "the argument frame")


@pytest.mark.parametrize("name", [*EXACT, *ODD])
def test_a_pandas_frame_arrives_as_it_is(name, tmp_path):
    frame = (EXACT | ODD)[name]
    filename, back = sent(frame, tmp_path)
    assert filename == ("frame.arrow" if name in EXACT else "frame.pickle")
    pd.testing.assert_frame_equal(back, frame, check_freq=True)
    cells = zip(back.to_numpy(object).flat, frame.to_numpy(object).flat, strict=True)
    assert all(type(one) is type(other) for one, other in cells)


def test_attributes_of_a_frame_arrive(tmp_path):
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["unit"] = "mm"
    assert sent(frame, tmp_path)[1].attrs == {"unit": "mm"}


def test_frames_of_others_arrive(tmp_path):
    rows = {"a": [1, None], "b": ["x", "y"], "c": [[1], []]}
    filename, back = sent(pl.DataFrame(rows), tmp_path)
    assert (filename, type(back)) == ("frame.arrow", pl.DataFrame)
    assert back.equals(pl.DataFrame(rows))
    filename, back = sent(pa.table(rows), tmp_path)
    assert (filename, type(back)) == ("frame.arrow", pa.Table)
    assert back.equals(pa.table(rows))


def test_what_only_looks_like_a_frame_is_pickled(tmp_path):
    class DataFrame:
        pass

    DataFrame.__module__ = "pandas.mine"
    assert functions._part(pd.Series([1]), "s").filename == "s.pickle"
    assert functions.arrow_file(DataFrame()) is None
