from __future__ import annotations

import json
import pickle

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import jobs_ext as jx
from jobs_ext.client import inside, results
from jobs_ext.client.outputs import OutputFile
from jobs_ext.model.job import Output
from jobs_ext.model.media import guess


@pytest.fixture
def job(tmp_path, monkeypatch):
    monkeypatch.setenv("JOBS_ID", "the-id")
    monkeypatch.setenv("JOBS_ATTEMPT", "2")
    monkeypatch.setenv("JOBS_OUTPUT_DIR", str(tmp_path))
    monkeypatch.setenv("JOBS_PROGRESS", str(tmp_path / "progress"))
    monkeypatch.setitem(inside._last, "fraction", -1.0)
    monkeypatch.setitem(inside._last, "message", None)
    return tmp_path


def told(folder):
    return [json.loads(line) for line in (folder / "progress").read_text().splitlines()]


def test_harmless_outside_a_job(tmp_path, monkeypatch):
    for name in ("JOBS_ID", "JOBS_OUTPUT_DIR", "JOBS_PROGRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    jx.progress(0.5, "half")
    jx.output(x=1)
    assert jx.current() is None
    assert list(tmp_path.iterdir()) == []


def test_current(job, monkeypatch):
    monkeypatch.setenv("JOBS_BATCH", "b")
    monkeypatch.setenv("JOBS_BATCH_INDEX", "0")
    monkeypatch.setenv("JOBS_CHECKPOINT_DIR", str(job / "checkpoints"))
    assert jx.current() == ("the-id", 2, job, "b", 0)
    assert jx.current().checkpoint_dir.is_dir()


def test_progress_is_a_line_of_json(job):
    jx.progress(0.25, "loading", {"rows": 3})
    jx.progress(2.0)
    assert told(job) == [
        {"fraction": 0.25, "message": "loading", "data": {"rows": 3}},
        {"fraction": 1.0, "message": "", "data": None},
    ]


def test_steps_too_small_to_see_are_left_out_but_not_the_end(job):
    for i in range(10_001):
        jx.progress(i / 10_000)
    lines = told(job)
    assert len(lines) < 1500
    assert lines[-1]["fraction"] == 1.0


def test_tqdm_tells_the_progress_too(job, capsys):
    assert list(jx.tqdm(range(4), desc="sum", mininterval=0, miniters=1)) == [0, 1, 2, 3]
    assert told(job)[-1]["fraction"] == 1.0
    assert told(job)[-1]["message"].startswith("sum")
    assert "sum" in capsys.readouterr().err


class Here:
    """Stands for a connection that shares files."""

    shares_files = True


@pytest.mark.parametrize(
    ("value", "suffix"),
    [
        ({"a": [1, None, "x"]}, "json"),
        ((1, 2), "pickle"),
        ({1: 2}, "pickle"),
        (float("nan"), "pickle"),
        (pd.DataFrame({"a": [1, 2]}), "parquet"),
        (pl.DataFrame({"a": [1, 2]}), "parquet"),
        (pa.table({"a": [1, 2]}), "parquet"),
        (pd.DataFrame({"a": [1, "x", object]}), "pickle"),
    ],
)
def test_a_kept_value_comes_back_as_it_was(job, value, suffix):
    jx.output(kept=value)
    path = job / f"kept.{suffix}"
    assert [p.name for p in job.iterdir()] == [path.name]
    info = Output(path.name, guess(path.name), path.stat().st_size, path=str(path))
    file = OutputFile(Here(), "the-id", info)
    back = pickle.loads(file.read()) if suffix == "pickle" else results.load(None, None, file)
    assert type(back) is type(value)
    if isinstance(value, float):
        assert back != back
    elif hasattr(value, "equals"):
        assert back.equals(value)
    else:
        assert back == value


def test_a_value_kept_twice_is_kept_once(job):
    jx.output(kept=(1,))
    jx.output(kept=1)
    assert [p.name for p in job.iterdir()] == ["kept.json"]


def test_what_can_not_be_kept_is_named(job):
    with pytest.raises(TypeError, match="rows, a generator, can't be kept: "):
        jx.output(rows=(n for n in range(3)))
    assert list(job.iterdir()) == []


def test_names_that_lead_elsewhere_are_refused(job):
    with pytest.raises(ValueError, match="can't be the name"):
        jx.output(**{"../x": 1})
