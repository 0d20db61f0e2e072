"""Functions in forks and in shared workers, run by a real runner: limits, random state, reruns."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from jobs_ext.model import media
from jobs_ext.model.job import Job
from jobs_ext.model.request import BatchRequest, Context, Options, Target
from jobs_ext.model.status import Status
from jobs_ext.service import Upload
from tests.runner.house import WHO, House
from tests.waiting import until

MODES = pytest.mark.parametrize("workers", ["own", "shared"])
# Sent by name, these would need this file in the job.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


def batch(
    house: House, function: Callable[[int], Any], n_jobs: int, python: str = "", **options: Any
) -> list[Job]:
    """Run ``function(k)`` for k from 0 in one lane; return the jobs when all have ended."""
    context = Context(python=python or sys.executable, cwd=str(house.cwd))
    target = Target(function="function", qualname=function.__name__)
    sets = [{"k": k} for k in range(n_jobs)]
    request = BatchRequest(target, sets, {}, Options(**({"cpu": 2} | options)), context)
    parts = {"function": Upload("function.pickle", media.PICKLE, cloudpickle.dumps(function))}
    made = house.service.batches.submit(WHO, request, parts).id
    until(lambda: len(house.jobs(made)) == n_jobs, what="the jobs")
    jobs = [house.ended(job.id) for job in house.jobs(made)]
    return sorted(jobs, key=lambda job: job.batch_index or 0)


def value(house: House, job: Job) -> Any:
    assert job.status is Status.SUCCEEDED, (job.reason, house.log(job.id, "stderr"))
    return json.loads(house.output(job, "result.json").read_text())


def stay(k: int) -> int:
    if k == 1:
        __import__("time").sleep(600)
    return k


@MODES
def test_the_time_limit_is_that_of_one_job(house: House, workers: str) -> None:
    jobs = batch(house, stay, 4, workers=workers, timeout="2s", grace="1s")
    assert (jobs[1].status, jobs[1].reason_code) == (Status.FAILED, "time_limit")
    assert [value(house, jobs[k]) for k in (0, 2, 3)] == [0, 2, 3]


def eat(k: int) -> int:
    if k == 1:
        kept = b"x" * 400_000_000
        __import__("time").sleep(60)
        return len(kept)
    return k


@MODES
def test_the_memory_limit_is_that_of_one_job(house: House, workers: str) -> None:
    jobs = batch(house, eat, 3, workers=workers, memory="200MB")
    assert (jobs[1].status, jobs[1].reason_code) == (Status.FAILED, "out_of_memory")
    assert [value(house, jobs[k]) for k in (0, 2)] == [0, 2]


def flood(k: int) -> int:
    while k == 1:
        print("x" * 10_000)
    return k


@MODES
def test_the_log_limit_is_that_of_one_job(house: House, workers: str) -> None:
    jobs = batch(house, flood, 3, workers=workers, max_log_size="2MB", grace="1s")
    assert (jobs[1].status, jobs[1].reason_code) == (Status.FAILED, "log_limit")
    assert [value(house, jobs[k]) for k in (0, 2)] == [0, 2]


def draw(k: int) -> list[float]:
    import random

    import numpy as np

    return [random.random(), float(np.random.random())]


@MODES
def test_random_numbers_are_each_jobs_own(house: House, workers: str) -> None:
    drawn = [value(house, job) for job in batch(house, draw, 6, workers=workers)]
    assert len({one for one, _ in drawn}) == len({other for _, other in drawn}) == 6


def fit(k: int) -> list[Any]:
    import sys

    known = "scipy.stats" in sys.modules
    import numpy as np
    import scipy.linalg
    import scipy.stats

    ones = scipy.linalg.inv(np.eye(300))  # on all of its threads
    return [known, float(ones.sum()), float(scipy.stats.norm.rvs())]


def test_what_takes_long_to_import_is_imported_once(house: House) -> None:
    pytest.importorskip("scipy")
    values = [value(house, job) for job in batch(house, fit, 3)]
    assert [one[:2] for one in values] == [[False, 300.0], [True, 300.0], [True, 300.0]]
    assert len({drawn for *_, drawn in values}) == 3


def where(k: int) -> list[Any]:
    import os
    import sys

    return [sys.executable, os.getpid(), k]


@MODES
def test_another_interpreter_is_its_own_parent(house: House, tmp_path: Path, workers: str) -> None:
    """In an environment with nothing of ours; cloudpickle lies where it looks for modules."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    site = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    (site / "cloudpickle").symlink_to(Path(cloudpickle.__file__).parent)
    found = [value(house, job) for job in batch(house, where, 3, python, workers=workers)]
    assert [(executable, k) for executable, _, k in found] == [(python, k) for k in range(3)]
    assert len({pid for _, pid, _ in found}) == (1 if workers == "shared" else 3)


@MODES
def test_a_rerun_takes_the_place_of_the_job(house: House, workers: str) -> None:
    jobs = batch(house, where, 3, workers=workers)
    again = house.ended(house.service.jobs.rerun(WHO, jobs[1].id, {"k": 7}).id)
    assert value(house, again)[2] == 7
    assert (again.batch, again.batch_index) == (jobs[1].batch, 1)


def tell(k: int) -> int:
    print("line", k)
    if k % 4 == 3:
        from pathlib import Path

        Path(__import__("os").environ["JOBS_OUTPUT_DIR"], "kept.txt").write_text(str(k))
    return k * k


@MODES
def test_folders_are_passed_on_and_all_that_was_in_them_is_had(house: House, workers: str) -> None:
    jobs = batch(house, tell, 40, workers=workers)
    batch(house, tell, 40, workers=workers)  # which gets those folders
    assert [value(house, job) for job in jobs] == [k * k for k in range(40)]
    assert [house.log(job.id) for job in jobs] == [f"line {k}\n" for k in range(40)]
    kept = [house.output(job, "kept.txt").read_text() for job in jobs[3::4]]
    assert kept == [str(k) for k in range(3, 40, 4)]
    if sys.platform == "linux":
        gone = [job for job in jobs if not house.paths.attempt(job.id, 1).folder.exists()]
        assert gone
        for job in gone:  # by HTTP, too
            path = house.service.outputs.find(WHO, job.id, "result.json").path
            assert path == str(house.output(job, "result.json"))


def double(x: int) -> int:
    return 2 * x


def test_a_value_whose_folder_was_passed_on_is_an_argument(house: House) -> None:
    first = batch(house, tell, 12, workers="shared")[4]
    parts = {"function": Upload("function.pickle", media.PICKLE, cloudpickle.dumps(double))}
    target = Target(function="function", qualname="double")
    job = house.ended(house.submit(target, {"x": {"$output": {"job": first.id}}}, parts))
    assert value(house, job) == 32
