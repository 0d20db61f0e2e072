"""The machine was restarted, and pids were given to others: no stranger is ever signalled."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs_ext.model.status import Status
from jobs_ext.runner.keeper import processes
from tests.runner.house import WHO, House
from tests.runner.keepers import gone
from tests.waiting import until

# Says that it is there, and every signal that it gets; SIGKILL is told by its end.
STRANGER = """
import signal, sys, time
for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, lambda number, _: print("got", number, flush=True))
print("ready", flush=True)
time.sleep(600)
"""
REBOOTED = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"'
PRIVATE = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]


class Stranger:
    """A process that has nothing to do with any job."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-S", "-c", STRANGER]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        entry = processes.find(self._process.pid)
        assert entry is not None
        self.pid, self.start = entry.pid, entry.start

    def was_signalled(self) -> str:
        """End it; return what it had got before, "" for nothing."""
        if self._process.poll() is not None:
            return f"it was ended: {self._process.returncode}"
        self._process.kill()
        return self._process.communicate()[0]


@pytest.fixture
def strangers() -> Iterator[list[Stranger]]:
    found = [Stranger() for _ in range(3)]
    yield found
    for one in found:
        one.was_signalled()


class Crash:
    """Three jobs that ran when everything went at once; their records name strangers now."""

    def __init__(self, house: House, strangers: list[Stranger], *, same_start: bool) -> None:
        self.house = house
        options = {"cpu": 0.5, "on_lost": "fail"}
        self.lost = house.shell("exec sleep 600", **options)
        retry = {"cpu": 0.5, "on_lost": "retry"}
        self.again = house.shell("[ $JOBS_ATTEMPT = 2 ] || exec sleep 600", **retry)
        self.cancelled = house.shell("exec sleep 600", **options)
        jobs = [self.lost, self.again, self.cancelled]
        for job in jobs:
            house.reached(job, Status.RUNNING)
        self._end_everything()
        house.service.jobs.cancel(WHO, self.cancelled)
        self._give_pids(jobs, strangers, same_start=same_start)

    def _end_everything(self) -> None:
        """Be the loss of power: everybody at once, nobody has time for anything."""
        keeper = self.house.keeper_pid
        tree = processes.subtree([keeper], processes.table())
        for pid in tree:
            os.kill(pid, signal.SIGSTOP)
        self.house.kill_runner()
        for pid in [keeper, *tree]:
            os.kill(pid, signal.SIGKILL)
        until(lambda: all(map(gone, tree)), what="the end of everything")

    def _give_pids(self, jobs: list[str], strangers: list[Stranger], *, same_start: bool) -> None:
        """Let the store, the journal and the keeper's card name living strangers."""
        by_job = dict(zip(jobs, strangers, strict=True))
        with sqlite3.connect(self.house.paths.db) as store:
            for job, one in by_job.items():
                where = "job_pk = (SELECT pk FROM job WHERE id = ?)"
                store.execute(f"UPDATE attempt SET pid = ? WHERE {where}", (one.pid, job))
                if same_start:
                    change = f"UPDATE attempt SET process_start = ? WHERE {where}"
                    store.execute(change, (one.start, job))
        store.close()
        journal = self.house.paths.journal
        records = [json.loads(line) for line in journal.read_text().splitlines()]
        for record in records:
            if "pid" in record:
                one = by_job[record["key"].partition("/")[0]]
                record["pid"] = one.pid
                record["start"] = one.start if same_start else record["start"]
        journal.write_text("".join(json.dumps(record) + "\n" for record in records))
        card = json.loads(self.house.paths.keeper.read_text())
        card |= {"pid": strangers[0].pid}
        card |= {"process_start": strangers[0].start} if same_start else {}
        self.house.paths.keeper.write_text(json.dumps(card))

    def recover(self) -> None:
        """Start a runner and wait for the end of the three."""
        self.house.start()
        assert self.house.ended(self.lost).reason_code == "lost"
        assert self.house.ended(self.again).status is Status.SUCCEEDED
        assert self.house.ended(self.cancelled).status is Status.CANCELLED


def test_after_a_reboot(house: House, strangers: list[Stranger], tmp_path: Path) -> None:
    """Even the start times are those of the records; the boot id alone is another."""
    fake = tmp_path / "boot_id"
    fake.write_text(f"{uuid.uuid4()}\n")
    under = [*PRIVATE, "sh", "-c", REBOOTED, str(fake)]
    if subprocess.run([*under, "true"], check=False, capture_output=True).returncode:
        assert os.environ.get("CI") != "true", "in CI no test may be left out"
        pytest.skip("mounting is not allowed here")  # as for most people outside of CI
    crash = Crash(house, strangers, same_start=True)
    house.under = under
    crash.recover()
    lost = house.get(crash.lost)
    assert lost.reason == "lost: the machine was restarted while it ran"
    assert [one.was_signalled() for one in strangers] == ["", "", ""]


def test_after_a_crash_and_many_new_processes(house: House, strangers: list[Stranger]) -> None:
    """It is the same boot, and the pids of the records are others' now."""
    crash = Crash(house, strangers, same_start=False)
    crash.recover()
    assert house.get(crash.lost).reason == "lost: the process that watched it was killed"
    assert [one.was_signalled() for one in strangers] == ["", "", ""]
