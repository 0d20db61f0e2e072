"""Batches of short jobs that wait for one another in lanes: nothing held up, lost, or run twice."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from jobs_ext.model.job import Job
from jobs_ext.model.request import Target
from jobs_ext.model.status import Status
from tests.runner.house import WHO, House
from tests.runner.keepers import gone
from tests.waiting import until

# Notes its start outside the data directory; the one with this number waits for the gate.
JOB = """
echo "$JOBS_ID" >> started
while [ "$1" = "$SLOW" ] && [ ! -e gate ]; do sleep 0.05; done
"""


class Shorts:
    """A batch of short jobs under way, so far that some wait in lanes."""

    def __init__(self, house: House, n_jobs: int, slow: int = -1) -> None:
        self.house = house
        target = Target(command=["sh", "-c", JOB, "job", "{k}"])
        sets = [{"k": k} for k in range(n_jobs)]
        self.batch = house.batch(target, sets, env={"SLOW": str(slow), "PATH": os.environ["PATH"]})

    def count(self, *statuses: str) -> int:
        counts = self.house.service.batches.get(WHO, self.batch).counts
        return sum(counts[status] for status in statuses)

    def queued(self) -> bool:
        """Whether some wait in lanes: more are claimed than there are slots."""
        return self.count("STARTING", "RUNNING") > 2

    def until_queued(self) -> None:
        until(self.queued, what="jobs that wait in lanes")

    def finished(self) -> list[Job]:
        until(lambda: self.count("SUCCEEDED", "FAILED", "CANCELLED") == self.total, what="the end")
        return self.house.jobs(self.batch)

    @property
    def total(self) -> int:
        return self.house.service.batches.get(WHO, self.batch).n_jobs

    def starts(self) -> Counter[str]:
        file: Path = self.house.cwd / "started"
        return Counter(file.read_text().split() if file.exists() else [])


def test_a_slow_one_holds_nobody_up(house: House) -> None:
    shorts = Shorts(house, 60, slow=30)
    until(lambda: shorts.count("SUCCEEDED") == 59, what="all but the slow one")
    assert shorts.count("RUNNING") == 1
    (house.cwd / "gate").touch()
    assert {job.status for job in shorts.finished()} == {Status.SUCCEEDED}
    assert set(shorts.starts().values()) == {1}


def test_a_cancel_reaches_those_that_wait(house: House) -> None:
    shorts = Shorts(house, 400)
    shorts.until_queued()
    house.service.batches.cancel(WHO, shorts.batch)
    jobs = shorts.finished()
    starts = shorts.starts()
    assert all(starts[job.id] == 1 for job in jobs if job.status is Status.SUCCEEDED)
    never = [job for job in jobs if not job.attempts]
    assert all(job.status is Status.CANCELLED and not starts[job.id] for job in never)
    assert len(never) > 100


@pytest.mark.parametrize("rounds", [4])
def test_the_runner_is_killed(house: House, rounds: int) -> None:
    shorts = Shorts(house, 400)
    for _ in range(rounds):
        shorts.until_queued()
        house.kill_runner()
        house.start()
    assert {job.status for job in shorts.finished()} == {Status.SUCCEEDED}
    assert set(shorts.starts().values()) == {1}
    assert len(shorts.starts()) == 400


def test_the_keeper_is_killed(house: House) -> None:
    shorts = Shorts(house, 400)
    shorts.until_queued()
    pid = house.keeper_pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: gone(pid), what="the keeper's end")
    jobs = shorts.finished()
    lost = [job for job in jobs if job.status is not Status.SUCCEEDED]
    assert len(lost) <= 2
    assert {job.reason_code for job in lost} <= {"lost"}
    assert set(shorts.starts().values()) == {1}


def test_runner_and_keeper_are_killed(house: House) -> None:
    shorts = Shorts(house, 400)
    shorts.until_queued()
    house.kill_runner()
    pid = house.keeper_pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: gone(pid), what="the keeper's end")
    house.start()
    lost = [job for job in shorts.finished() if job.status is not Status.SUCCEEDED]
    assert len(lost) <= 2
    assert {job.reason_code for job in lost} <= {"lost"}
    assert set(shorts.starts().values()) == {1}
