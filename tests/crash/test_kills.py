"""``kill -9`` of each process under way: true statuses, nothing started twice, no orphans."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from jobs_ext.model.request import Target
from jobs_ext.model.status import Status
from jobs_ext.runner.keeper import processes
from tests.runner.house import WHO, House
from tests.runner.keepers import gone
from tests.waiting import until

# Each job notes in a file outside the data directory that it started, waits for its gate, and
# notes that it ended; odd ones fail with their number as exit code.
JOB = """
echo "$JOBS_ID $JOBS_ATTEMPT $$" >> started
while [ ! -e gate ]; do sleep 0.05; done
echo "$JOBS_ID" >> ended
[ $(($1 % 2)) = 0 ] || exit $1
"""


class Sweep:
    """A batch of gated jobs, two of which run."""

    def __init__(self, house: House, n_jobs: int, **options: object) -> None:
        self.house = house
        target = Target(command=["bash", "-c", JOB, "job", "{k}"])
        self.batch = house.batch(target, [{"k": k} for k in range(n_jobs)], **options)
        until(lambda: self.count("RUNNING") == 2 and len(self.started()) == 2, what="two running")

    def count(self, status: str) -> int:
        return self.house.service.batches.get(WHO, self.batch).counts[status]

    def started(self) -> list[tuple[str, int, int]]:
        """Job, attempt and pid of each start, from the jobs' own notes."""
        file = self.house.cwd / "started"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(j, int(n), int(p)) for j, n, p in (line.split() for line in lines)]

    def open_gate(self) -> None:
        (self.house.cwd / "gate").touch()

    def finish(self) -> None:
        """Let all jobs go on and wait for the last end."""
        self.open_gate()
        jobs = self.house.jobs(self.batch)
        until(lambda: all(self.house.get(j.id).status.final for j in jobs), what="the sweep's end")

    def check(self, expected: dict[int, tuple[Status, int | None]]) -> None:
        """No start twice, no process left, and each job's end as `expected`, or by its number."""
        starts = Counter((job, attempt) for job, attempt, _ in self.started())
        assert all(n == 1 for n in starts.values()), starts
        for job in self.house.jobs(self.batch):
            k = int(job.batch_index or 0)
            usual = (Status.FAILED, k) if k % 2 else (Status.SUCCEEDED, 0)
            told = (job.status, job.attempts[-1].exit_code)
            assert told == expected.get(k, usual), (k, job)
        until(lambda: all(gone(pid) for _, _, pid in self.started()), what="no orphans")


def kill_keeper(house: House) -> None:
    pid = house.keeper_pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: gone(pid), what="the keeper's end")


def test_the_runner_is_killed_and_jobs_end_while_there_is_none(house: House) -> None:
    sweep = Sweep(house, 6)
    house.kill_runner()
    sweep.open_gate()
    ended = house.cwd / "ended"
    until(lambda: ended.exists() and len(ended.read_text().split()) == 2, what="two ends")
    house.start()
    sweep.finish()
    sweep.check({})


def test_the_runner_is_killed_again_and_again(house: House) -> None:
    sweep = Sweep(house, 30)
    sweep.open_gate()
    for pause in (0.3, 0.5, 0.7, 0.9, 1.1):
        time.sleep(pause)  # no condition to wait for: any moment must do
        house.kill_runner()
        house.start()
    sweep.finish()
    sweep.check({})


def test_the_keeper_is_killed(house: House) -> None:
    sweep = Sweep(house, 6)
    pids = [pid for _, _, pid in sweep.started()]
    kill_keeper(house)
    until(lambda: sweep.count("FAILED") == 2, what="the lost ones")
    assert all(map(gone, pids))
    runner = house.runner.pid  # type: ignore[union-attr]
    family = [processes.find(pid) for pid in processes.children(runner)]
    assert not any(child.zombie for child in family if child), "the keeper was not reaped"
    sweep.finish()
    sweep.check({0: (Status.FAILED, None), 1: (Status.FAILED, None)})
    lost = [job for job in house.jobs(sweep.batch) if job.reason_code == "lost"]
    assert [job.batch_index for job in lost] == [0, 1]
    assert lost[0].reason == "lost: the process that watched it was killed"


def test_the_keeper_is_killed_and_jobs_are_to_be_retried(house: House) -> None:
    sweep = Sweep(house, 2, on_lost="retry")
    kill_keeper(house)
    until(lambda: len(sweep.started()) == 4, what="the second attempts")
    sweep.finish()
    sweep.check({})
    assert [len(job.attempts) for job in house.jobs(sweep.batch)] == [2, 2]


def test_the_keeper_is_killed_and_daemons_are_found(house: House) -> None:
    hide = "env -i setsid sh -c 'echo $$; exec sleep 600' & sleep 600"
    job = house.shell(hide)
    until(lambda: house.get(job).attempts and house.log(job).strip(), what="the daemon")
    daemon = int(house.log(job))
    kill_keeper(house)
    assert house.ended(job).reason_code == "lost"
    assert gone(daemon)


def test_runner_and_keeper_are_killed_together(house: House) -> None:
    sweep = Sweep(house, 4)
    pids = [pid for _, _, pid in sweep.started()]
    house.kill_runner()
    kill_keeper(house)
    assert not any(map(gone, pids))
    house.start()
    until(lambda: sweep.count("FAILED") == 2, what="the lost ones")
    assert all(map(gone, pids))
    sweep.finish()
    sweep.check({0: (Status.FAILED, None), 1: (Status.FAILED, None)})


def test_a_job_is_killed_from_outside(house: House) -> None:
    sweep = Sweep(house, 4)
    os.kill(sweep.started()[0][2], signal.SIGKILL)
    killed = sweep.started()[0][0]
    job = house.ended(killed)
    assert job.reason_code == "signal"
    assert job.attempts[-1].signal == signal.SIGKILL
    sweep.finish()
    sweep.check({int(job.batch_index or 0): (Status.FAILED, None)})


def test_a_cancel_asked_while_there_is_no_runner(house: House) -> None:
    sweep = Sweep(house, 3)
    house.kill_runner()
    house.service.batches.cancel(WHO, sweep.batch)
    house.start()
    sweep_ids = [job.id for job in house.jobs(sweep.batch)]
    assert {house.ended(job).status for job in sweep_ids} == {Status.CANCELLED}
    assert all(gone(pid) for _, _, pid in sweep.started())


def test_a_stale_pid_is_never_signalled(house: House, tmp_path: Path) -> None:
    """The journal names a living process of someone else, as after a reboot."""
    sweep = Sweep(house, 2)
    house.kill_runner()
    kill_keeper(house)
    for _, _, pid in sweep.started():
        os.kill(pid, signal.SIGKILL)
    bystander = os.getpid()
    journal = house.paths.journal
    records = [json.loads(line) for line in journal.read_text().splitlines()]
    for record in records:
        if record["event"] == "started":
            record["pid"] = bystander
            record["start"] = processes.find(bystander).start  # type: ignore[union-attr]
            record["boot"] = "another boot"
    journal.write_text("".join(json.dumps(record) + "\n" for record in records))
    house.start()
    until(lambda: sweep.count("FAILED") == 2, what="the lost ones")
    assert house.jobs(sweep.batch)[0].reason == "lost: the machine was restarted while it ran"


@pytest.mark.parametrize("torn", [b'{"event":"exi', b"\x00" * 40])
def test_a_torn_journal_is_survived(house: House, torn: bytes) -> None:
    sweep = Sweep(house, 4)
    house.kill_runner()
    kill_keeper(house)
    with house.paths.journal.open("ab") as journal:
        journal.write(torn)
    house.start()
    until(lambda: sweep.count("FAILED") == 2, what="the lost ones")
    sweep.finish()
    sweep.check({0: (Status.FAILED, None), 1: (Status.FAILED, None)})
