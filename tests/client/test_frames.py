from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pytest

from jobs_ext.client import frames
from jobs_ext.client.errors import InvalidRequest


@dataclass
class Place:
    x: int
    name: str


class Pair(NamedTuple):
    left: int
    right: str


FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


def write(folder, name):
    path = folder / name
    match path.name.removesuffix(".gz").rpartition(".")[2]:
        case "csv":
            FRAME.to_csv(path, index=False)
        case "tsv":
            FRAME.to_csv(path, index=False, sep="\t")
        case "parquet":
            FRAME.to_parquet(path)
        case "feather" | "arrow":
            pa.feather.write_feather(FRAME, path)
        case "json":
            FRAME.to_json(path, orient="records")
        case "jsonl":
            FRAME.to_json(path, orient="records", lines=True)
        case "xlsx":
            FRAME.to_excel(path, index=False)
    return str(path)


NAMES = ["t.csv", "t.csv.gz", "t.tsv", "t.parquet", "t.feather", "t.json", "t.jsonl", "t.xlsx"]


@pytest.mark.parametrize("name", NAMES)
def test_pandas(tmp_path, name):
    pd.testing.assert_frame_equal(frames.read(write(tmp_path, name), name), FRAME)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.parquet", "t.arrow", "t.json", "t.jsonl"])
def test_polars(tmp_path, name):
    read = frames.read(write(tmp_path, name), name, engine="polars")
    assert isinstance(read, pl.DataFrame)
    assert read.to_dict(as_series=False) == FRAME.to_dict("list")


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.parquet", "t.feather", "t.json", "t.jsonl"])
def test_pyarrow(tmp_path, name):
    read = frames.read(write(tmp_path, name), name, engine="pyarrow")
    assert isinstance(read, pa.Table)
    assert read.to_pydict() == FRAME.to_dict("list")


def test_the_media_type_counts_before_the_suffix(tmp_path):
    path = tmp_path / "stdout"
    FRAME.to_csv(path, index=False)
    read = frames.read(str(path), "stdout", "text/csv; charset=utf-8")
    pd.testing.assert_frame_equal(read, FRAME)


def test_read_options_reach_the_reader(tmp_path):
    path = write(tmp_path, "t.csv")
    assert list(frames.read(path, "t.csv", usecols=["b"]).columns) == ["b"]
    (tmp_path / "counts").write_text("  3 data.txt\n")
    counts = frames.read(str(tmp_path / "counts"), "counts", "text/plain", sep=r"\s+", header=None)
    assert counts.iloc[0, 0] == 3


@pytest.mark.parametrize(
    ("name", "media_type", "expected"),
    [
        ("t.csv", "", True),
        ("t.csv.gz", "application/gzip", True),
        ("x", "text/tab-separated-values", True),
        ("t.json", "application/json", False),
        ("t.txt", "text/plain", False),
    ],
)
def test_is_tabular(name, media_type, expected):
    assert frames.is_tabular(name, media_type) is expected


@pytest.mark.parametrize("engine", ["pandas", "polars"])
def test_a_json_object_of_single_values_is_a_row(tmp_path, engine):
    (tmp_path / "m.json").write_text('{"auc": 0.9, "site": "007", "note": null}')
    read = frames.read(str(tmp_path / "m.json"), "m.json", engine=engine)
    rows = read.to_dict(orient="records") if engine == "pandas" else read.to_dicts()
    assert rows == [{"auc": 0.9, "site": "007", "note": None}]


@pytest.mark.parametrize("text", ["{", "[[[", "{}x", '{"a": [1], "b": [1, 2]}'])
def test_json_that_is_no_table_is_a_value_error(tmp_path, text):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(ValueError, match=r"."):
        frames.read(str(tmp_path / "m.json"), "m.json")


def test_texts_in_json_stay_texts(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"id": "007", "n": 1}\n{"id": "010", "n": 2}\n')
    read = frames.read(str(tmp_path / "t.jsonl"), "t.jsonl")
    assert read.to_dict("list") == {"id": ["007", "010"], "n": [1, 2]}


@pytest.mark.parametrize("engine", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl"])
def test_an_empty_file_has_no_rows(tmp_path, name, engine):
    (tmp_path / name).touch()
    assert len(frames.read(str(tmp_path / name), name, engine=engine)) == 0


@pytest.mark.parametrize("engine", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.jsonl", "t.xlsx"])
def test_what_is_not_of_its_kind_raises_what_is_foreseen(tmp_path, name, engine):
    (tmp_path / name).write_text("neither")
    with pytest.raises(frames.unreadable()):
        frames.read(str(tmp_path / name), name, engine=engine)


def test_what_is_no_table_is_said_to_be_none(tmp_path):
    with pytest.raises(InvalidRequest, match=r"plot\.png \(image/png\) can't be read"):
        frames.read("plot.png", "plot.png")


def test_an_unknown_engine_is_named():
    with pytest.raises(InvalidRequest, match="There are: pandas, polars, pyarrow"):
        frames.read("t.csv", "t.csv", engine="dask")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (FRAME, {"a": [1, 2], "b": ["x", "y"]}),
        (pl.DataFrame({"a": [1]}), {"a": [1]}),
        (pa.table({"a": [1]}), {"a": [1]}),
        (pd.Series([1, 2], name="s"), {"s": [1, 2]}),
        ({"k": 1, "v": "x"}, {"k": [1], "v": ["x"]}),
        ({"k": [1, 2]}, {"k": [1, 2]}),
        ([{"k": 1}, {"k": 2}], {"k": [1, 2]}),
        ({"k": np.arange(2), "v": ["x", "y"]}, {"k": [0, 1], "v": ["x", "y"]}),
        ({"k": [1, 2], "v": [3]}, {"k": [[1, 2]], "v": [[3]]}),
        (Place(1, "a"), {"x": [1], "name": ["a"]}),
        ([Pair(1, "a"), Pair(2, "b")], {"left": [1, 2], "right": ["a", "b"]}),
        ((1, "x", None), {0: [1], 1: ["x"], 2: [None]}),
        (1.5, {"value": [1.5]}),
        (np.int64(3), {"value": [3]}),
        (np.array(2.5), {"value": [2.5]}),
        (pd.Timestamp("2026-01-02"), {"value": [pd.Timestamp("2026-01-02")]}),
        (("a", pd.Timedelta("1s")), {0: ["a"], 1: [pd.Timedelta("1s")]}),
        (np.str_("a"), {"value": ["a"]}),
        (np.array((1, "x"), [("n", "i4"), ("s", "U1")]), {"n": [1], "s": ["x"]}),
    ],
)
def test_values_with_a_natural_form_as_a_frame(value, expected):
    assert frames.as_frame(value).to_dict("list") == expected


@pytest.mark.parametrize("value", [None, object(), [1, 2], {}, (), ([1], 2)])
def test_values_without_one(value):
    assert frames.as_frame(value) is None


def test_convert():
    assert isinstance(frames.convert(FRAME, "polars"), pl.DataFrame)
    assert isinstance(frames.convert(FRAME, "pyarrow"), pa.Table)
    with pytest.raises(InvalidRequest):
        frames.convert(FRAME, "dask")


ARRAYS = {
    "one": np.arange(3),
    "two": np.arange(6).reshape(3, 2),
    "fields": np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
}


@pytest.mark.parametrize(
    ("name", "columns"), [("one", ["value"]), ("two", [0, 1]), ("fields", ["a", "b"])]
)
def test_an_array_is_a_table(tmp_path, name, columns):
    np.save(tmp_path / "t.npy", ARRAYS[name])
    np.savez_compressed(tmp_path / "t.npz", only=ARRAYS[name])
    for file in ("t.npy", "t.npz"):
        read = frames.read(str(tmp_path / file), file)
        assert (list(read.columns), len(read)) == (columns, len(ARRAYS[name]))
    assert list(frames.as_frame(ARRAYS[name]).columns) == columns
    polars = frames.read(str(tmp_path / "t.npy"), "t.npy", engine="polars")
    assert polars.shape == read.shape


def test_arrays_beside_each_other(tmp_path):
    path = str(tmp_path / "t.npz")
    np.savez(path, x=np.arange(3), y=np.ones(3))
    read = frames.read(path, "t.npz")
    assert {name: str(kind) for name, kind in read.dtypes.items()} == {"x": "int64", "y": "float64"}
    np.savez(path, **ARRAYS)
    with pytest.raises(ValueError, match=r"name one, array=…: one, two, fields"):
        frames.read(path, "t.npz")
    assert frames.read(path, "t.npz", array="two").shape == (3, 2)
    with pytest.raises(ValueError, match="no array 'three'; there are: one"):
        frames.read(path, "t.npz", array="three")


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.zeros((2, 2, 2)), r"shape \(2, 2, 2\)"),
        (np.array([{}], dtype=object), "Object arrays"),
        (np.zeros((2, 2), dtype=[("a", "i4")]), "no table"),
    ],
)
def test_arrays_that_are_none(tmp_path, array, told):
    np.save(tmp_path / "t.npy", array, allow_pickle=True)
    with pytest.raises(ValueError, match=told):
        frames.read(str(tmp_path / "t.npy"), "t.npy")


@pytest.mark.parametrize("held", [b"", b"no array", b"\x93NUMPY", b"PK\x03\x04 cut off"])
def test_a_broken_file_of_arrays(tmp_path, held):
    (tmp_path / "t.npy").write_bytes(held)
    with pytest.raises(frames.unreadable()):
        frames.read(str(tmp_path / "t.npy"), "t.npy")
