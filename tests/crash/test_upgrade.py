"""A newer version is installed while an older one is at work: handed over, nothing lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs_ext.client.batch import Batch
from jobs_ext.client.errors import StoreUnavailable
from tests.client.live import LiveServer
from tests.waiting import until

from .versions import OtherServer, add_migration, copy_package

pytestmark = pytest.mark.timeout(300)  # servers are started again and again

# Notes its start, waits for its gate, notes its end.
JOB = """
echo $JOBS_ID >> started
while [ ! -e gate ]; do sleep 0.05; done
echo $JOBS_ID >> ended
"""


class Sweep:
    """Gated jobs, two of which run."""

    def __init__(self, server: LiveServer, n_jobs: int = 8) -> None:
        self.work = server.work
        self.client = server.client()
        command = self.client.command(["bash", "-c", JOB, "job", "{k}"]).options(
            cpu=1, cwd=str(self.work)
        )
        self.batch: Batch = command.map([{"k": k} for k in range(n_jobs)])
        until(lambda: len(self.noted("started")) >= 2, what="two running")

    def noted(self, name: str) -> list[str]:
        file = self.work / name
        return file.read_text().split() if file.exists() else []

    def open_gate(self) -> None:
        (self.work / "gate").touch()

    def check(self, server: LiveServer) -> None:
        """Let all go on; each ran once, and another server says the same."""
        self.open_gate()
        client = server.client()
        jobs = [client.get(job.id) for job in self.batch]
        until(lambda: all(job.status == "SUCCEEDED" for job in jobs), what="the end of all")
        ids = sorted(job.id for job in jobs)
        assert sorted(self.noted("started")) == ids == sorted(self.noted("ended"))
        client.close()


@pytest.fixture
def old(tmp_path: Path) -> Iterator[OtherServer]:
    server = OtherServer(copy_package(tmp_path, "0.0.9", protocol=0))
    yield server
    server.end()


def test_a_newer_runner_takes_over_and_keeps_it(old: OtherServer, tmp_path: Path) -> None:
    even_older = OtherServer(copy_package(tmp_path, "0.0.8"), beside=old)  # takes nothing over
    sweep = Sweep(old)
    keeper, first = old.keeper, old.holder
    assert first.build.version == "0.0.9"

    new = OtherServer(copy_package(tmp_path, "0.0.10"), beside=old)
    until(lambda: new.holder.build.version == "0.0.10", what="the newer runner")
    assert len(sweep.noted("started")) == 2
    second = new.holder
    sweep.check(old)
    assert new.keeper != keeper  # the older one ended with its last attempt
    after = new.client().command(["true"]).submit()
    assert after.wait(60).status == "SUCCEEDED"
    assert new.holder == second
    log = (old.home / "server.log").read_text()
    assert log.count("is replaced by one of version 0.0.10") == 1
    assert "Traceback" not in log + new.paths.runner_log.read_text()
    for server in (old, even_older):
        server.end()
    new.stop()


def test_the_database_is_upgraded_while_jobs_run(old: OtherServer, tmp_path: Path) -> None:
    sweep = Sweep(old)
    package = copy_package(tmp_path, "0.2.0", protocol=0)
    add_migration(package)
    keeper = old.keeper

    new = OtherServer(package, beside=old)
    until(lambda: new.holder.build.version == "0.2.0", what="the newer runner")
    assert new.keeper == keeper
    kept = sqlite3.connect(new.paths.beside_db("before-9999"))
    assert kept.execute("SELECT count(*) FROM job").fetchone() == (8,)
    kept.close()
    with pytest.raises(StoreUnavailable, match="newer version"):
        sweep.client.command(["true"]).submit()
    sweep.check(new)
    assert "Traceback" not in (old.home / "server.log").read_text()

    old.end()
    new.stop()
