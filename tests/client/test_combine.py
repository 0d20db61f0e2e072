from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from jobs_ext.client.combine import check_missing, combined
from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.functions import describe
from jobs_ext.model.job import Job, TargetInfo
from jobs_ext.model.status import Status


def job(index, status=Status.SUCCEEDED, **arguments):
    return Job(
        id=f"job-{index}",
        pk=index,
        name="sweep",
        target=TargetInfo("function", "f"),
        status=status,
        owner="me",
        created="",
        batch_index=index,
        arguments=arguments,
        reason=None if status is Status.SUCCEEDED else "exited with code 1",
    )


def table(*values):
    return pd.DataFrame({"x": values})


def test_rows_of_all_jobs_with_their_parameters_and_ids():
    jobs = [job(0, k=1, text="a"), job(1, k=2, text="b")]
    frame = combined(jobs, {"job-1": table(30), "job-0": table(10, 20)}, ["k", "text"], "raise")
    assert frame.to_dict("list") == {
        "k": [1, 1, 2],
        "text": ["a", "a", "b"],
        "x": [10, 20, 30],
        "job": ["job-0", "job-0", "job-1"],
    }
    assert frame["k"].dtype.kind == "i"


def test_a_parameter_named_like_a_column_keeps_out_of_its_way():
    data = pd.DataFrame({"x": [1], "job": ["clerk"]})
    frame = combined([job(0, x=5)], {"job-0": data}, ["x"], "raise")
    assert list(frame.columns) == ["param.x", "x", "job", "job.id"]


def test_skipped_jobs_are_warned_of():
    jobs = [job(0, k=1), job(1, Status.FAILED, k=2)]
    with pytest.warns(UserWarning, match=r"1 of 2 jobs .* 1 \(exited with code 1\)"):
        frame = combined(jobs, {"job-0": table(10)}, ["k"], "skip")
    assert list(frame["k"]) == [1]


def test_missing_jobs_can_have_a_row():
    jobs = [job(0, Status.FAILED, k=1), job(1, k=2)]
    frame = combined(jobs, {"job-1": table(10)}, ["k"], "row")
    assert list(frame["k"]) == [1, 2]
    assert frame["x"].isna().tolist() == [True, False]
    assert list(frame["job"]) == ["job-0", "job-1"]


def test_an_index_with_a_meaning_becomes_a_column():
    data = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="site"))
    frame = combined([job(0, k=1)], {"job-0": data}, ["k"], "raise")
    assert list(frame.columns) == ["k", "site", "x", "job"]


def test_nothing_but_failed_jobs_left():
    with pytest.warns(UserWarning, match="1 of 1"):
        frame = combined([job(0, Status.FAILED, k=1)], {}, ["k"], "skip")
    assert len(frame) == 0
    assert list(frame.columns) == ["k", "job"]


def test_lists_and_files_as_parameters():
    jobs = [job(0, k=[1, 2], f={"$part": "p", "text": "DataFrame 3 × 2"})]
    frame = combined(jobs, {"job-0": table(1, 2)}, ["k", "f"], "raise")
    assert list(frame["k"]) == [[1, 2], [1, 2]]
    assert list(frame["f"]) == ["DataFrame 3 × 2"] * 2


def test_numbers_that_json_lacks_are_numbers_all_the_same():
    sent = [describe(v) for v in (float("nan"), np.float32(1.5))]
    jobs = [job(i, k={"$part": "p", "text": text}) for i, text in enumerate(sent)]
    jobs.append(job(2, k=2))
    frame = combined(jobs, {f"job-{i}": table(1) for i in range(3)}, ["k"], "raise")
    assert frame["k"].dtype == float
    assert frame["k"].tolist()[1:] == [1.5, 2.0]


def test_dates_as_parameters_are_iso():
    day = {"$part": "p", "text": describe(date(2026, 1, 31))}
    frame = combined([job(0, day=day)], {"job-0": table(1)}, ["day"], "raise")
    assert list(frame["day"]) == ["2026-01-31"]


def test_the_choices():
    with pytest.raises(InvalidRequest, match="'raise' or 'skip' or 'row'"):
        check_missing("drop")
