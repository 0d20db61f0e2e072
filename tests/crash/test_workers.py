"""Shared workers, killed at random while they make calls: each end true, none lost or run twice."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cloudpickle
import pytest

from jobs_ext.model import media
from jobs_ext.model.job import Job
from jobs_ext.model.request import BatchRequest, Context, Options, Target
from jobs_ext.model.status import Status
from jobs_ext.runner.keeper import processes
from jobs_ext.service import Upload
from tests.runner.house import WHO, House

# Sent by name, these would need this file in the job.
cloudpickle.register_pickle_by_value(sys.modules[__name__])
N_JOBS = 200
LONGEST = 0.15  # seconds between two kills
MOST = 10  # kills


def noted(k: int) -> int:
    """Note start and end outside the data directory."""
    import os
    import time

    file = os.open("ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for event in ("start", "end"):
        who = f"{os.environ['JOBS_ID']} {os.environ['JOBS_ATTEMPT']} {os.getpid()}"
        os.write(file, f"{who} {event} {time.monotonic()}\n".encode())
        time.sleep(0.005 if event == "start" else 0)
    os.close(file)
    return k


class Run(NamedTuple):
    """What a call says of itself."""

    attempt: int
    pid: int
    start: float  # monotonic, as its end
    end: float | None


def runs(folder: Path) -> dict[str, list[Run]]:
    """Return the runs of each job, in the order of their starts."""
    file, found = folder / "ledger", dict[str, list[Run]]()
    for line in file.read_text().splitlines() if file.exists() else ():
        job, attempt, pid, event, at = line.split()
        of_job = found.setdefault(job, [])
        if event == "start":
            of_job.append(Run(int(attempt), int(pid), float(at), None))
        else:
            assert (of_job[-1].attempt, of_job[-1].pid) == (int(attempt), int(pid)), "two at once"
            of_job[-1] = of_job[-1]._replace(end=float(at))
    return found


def submit(house: House, retries: int) -> str:
    target = Target(function="function", qualname="noted")
    options = Options(workers="shared", retries=retries)
    context = Context(python=sys.executable, cwd=str(house.cwd))
    request = BatchRequest(target, [{"k": k} for k in range(N_JOBS)], {}, options, context)
    parts = {"function": Upload("function.pickle", media.PICKLE, cloudpickle.dumps(noted))}
    return house.service.batches.submit(WHO, request, parts).id


def command(pid: int) -> bytes:
    """Return the command line of a process; empty when that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def workers(house: House) -> Iterator[processes.Process]:
    """Yield the shared workers that have begun a call: what dies before is not started again."""
    of_jobs = runs(house.cwd).values()
    for pid in {run.pid for some in of_jobs for run in some}:
        entry = processes.find(pid)
        if entry is not None and b"warm.py\0share" in command(pid):
            yield entry


def kill_until_over(house: House, batch: str) -> int:
    """Kill workers at random times until all jobs have ended; return how many."""
    chance, n_kills = random.Random(7), 0

    def over() -> bool:
        counts = house.service.batches.get(WHO, batch).counts
        return counts["SUCCEEDED"] + counts["FAILED"] == N_JOBS

    deadline = time.monotonic() + 60
    while not over():
        assert time.monotonic() < deadline, house.service.batches.get(WHO, batch).counts
        time.sleep(chance.uniform(0, LONGEST))
        there = list(workers(house))
        if there and n_kills < MOST:
            n_kills += processes.send(chance.choice(there), signal.SIGKILL)
    return n_kills


def judge(job: Job, of_it: list[Run], retries: int) -> None:
    """Check that what is said of a job is what it did."""
    *before, last = job.attempts
    assert len(before) <= retries
    assert {one.reason_code for one in before} <= {"signal"}, [one.reason for one in before]
    attempts = [run.attempt for run in of_it]
    assert len(set(attempts)) == len(attempts), "an attempt ran twice"
    whole = [run.attempt for run in of_it if run.end is not None]
    if job.status is Status.SUCCEEDED:
        assert last.number in whole, job
    else:
        assert (len(before), last.reason_code, last.signal) == (retries, "signal", 9), job


@pytest.mark.skipif(sys.platform != "linux", reason="shared workers are there on Linux only")
def test_workers_killed_at_random(house: House) -> None:
    for retries in (0, 3):
        batch = submit(house, retries)
        n_kills = kill_until_over(house, batch)
        jobs, of_jobs = house.jobs(batch), runs(house.cwd)
        assert len(jobs) == N_JOBS
        assert n_kills >= 3, "it was no drill"
        for job in map(house.get, [job.id for job in jobs]):
            judge(job, of_jobs.get(job.id, []), retries)
        hit = sum(len(job.attempts) > 1 or job.status is Status.FAILED for job in jobs)
        assert hit <= n_kills
        print(f"retries {retries}: {n_kills} kills, {hit} jobs hit")
