"""The clock is set by a day while jobs run: nothing waits for it, nothing ends by it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs_ext.client.client import Client
from jobs_ext.client.job import Job
from jobs_ext.model.clock import to_epoch
from jobs_ext.model.node import AcquireRequest, NodeRequest, NodeStart
from tests.client.live import LiveServer
from tests.waiting import until

DAY = 86_400
LEASE = 4.0  # seconds: a busy machine may keep a node from telling for a while
SOON = 60  # seconds: little beside a day, and much for a busy machine
SHIM = Path(__file__).with_name("clock.c")

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("cc"), reason="a preloaded clock needs Linux and cc"
)


class Clock:
    """The clock of the server, its runner and its keeper."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, offset: int) -> None:
        """Let it be `offset` seconds off."""
        draft = self._file.with_suffix(".draft")
        draft.write_text(str(offset))
        draft.replace(self._file)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clock]:
    folder = tmp_path_factory.mktemp("clock")
    library = folder / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SHIM], check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(library))
        patch.setenv("CLOCK_OFFSET", str(folder / "offset"))
        yield Clock(folder / "offset")


@pytest.fixture(scope="module")
def client(clock: Clock) -> Iterator[Client]:
    server = LiveServer(f"--JobsExtension.lease={LEASE}")
    yield server.client()
    clock.set(0)
    server.stop()


def running(client: Client, script: str, *args: object, **options: Any) -> Job:
    """Return a job of a shell script that runs, at a time of the shifted clock."""
    job = client.options(**options).submit(["sh", "-c", script, "sh", *args])
    until(lambda: job.status == "RUNNING", what="RUNNING")
    return job


@pytest.mark.parametrize("offset", [DAY, -DAY])
def test_jobs_that_run_end_when_they_do(
    client: Client, clock: Clock, tmp_path: Path, offset: int
) -> None:
    clock.set(0)
    wait = 'while [ ! -e "$1" ]; do sleep 0.05; done'
    patient = running(client, wait, tmp_path / "gate", timeout="1h")
    late = running(client, "sleep 60", timeout="1s")
    begun = time.monotonic()
    clock.set(offset)
    late.wait(SOON)
    assert late.reason_code == "time_limit"
    assert late.attempts[0].duration == pytest.approx(1, abs=SOON)
    assert patient.status == "RUNNING"
    (tmp_path / "gate").touch()
    patient.wait(SOON)
    told = client.job(patient.id)
    assert told.status == "SUCCEEDED"
    shown = to_epoch(str(told.stopped)) - to_epoch(str(told.started))
    assert shown == pytest.approx(offset, abs=SOON)
    assert told.attempts[0].duration == pytest.approx(time.monotonic() - begun, abs=SOON)


@pytest.mark.parametrize("offset", [DAY, -DAY])
def test_a_back_off_is_as_long_as_ever(client: Client, clock: Clock, offset: int) -> None:
    """Two attempts fail by one clock, the third is due by another."""
    clock.set(max(0, offset))
    job = client.options(retries=2).submit(["sh", "-c", "[ $JOBS_ATTEMPT = 3 ]"])
    until(lambda: job.reason_code == "waiting_retry" and len(job.attempts) == 2, what="a back-off")
    clock.set(min(0, offset))
    job.wait(SOON)
    assert job.status == "SUCCEEDED"


def test_a_lease_of_a_node_is_as_long_as_ever(client: Client, clock: Clock) -> None:
    """The node that tells of itself keeps its job, whatever the clock; the silent one loses it."""
    clock.set(0)
    job, nodes = client.options(executor="node").submit(["true"]), client.nodes
    me = nodes.register(NodeRequest(name="worker")).id
    nodes.acquire(me, AcquireRequest())
    nodes.start(me, job.id, NodeStart(attempt=1))
    for offset in (DAY, -DAY):
        clock.set(offset)
        heard = time.monotonic()
        while time.monotonic() < heard + LEASE:  # the runner looks once a second
            nodes.ping(me)
            time.sleep(0.1)
        assert job.status == "RUNNING"
    silent = time.monotonic()
    nodes.ping(me)
    clock.set(0)
    job.wait(SOON)
    assert (job.status, job.reason_code) == ("FAILED", "lease_expired")
    assert time.monotonic() - silent > LEASE - 0.2


def test_order_stands_by_number_when_the_clock_goes_back(client: Client, clock: Clock) -> None:
    clock.set(0)
    first = running(client, "sleep 0.3")
    clock.set(-DAY)
    batch = client.map(["true", "{k}"], [{"k": str(k)} for k in range(20)])
    batch.wait(SOON)
    first.wait(SOON)
    assert batch.counts["SUCCEEDED"] == 20
    listed = [job.id for job in client.jobs(limit=21)]
    assert listed == [*reversed([job.id for job in batch]), first.id]
    seqs = [event["seq"] for event in history(client, first)]
    assert seqs == sorted(seqs)
    assert [e["data"].get("status") for e in history(client, first)][-1] == "SUCCEEDED"


def history(client: Client, job: Job) -> list[dict[str, Any]]:
    return client._get(f"jobs/{job.id}/history", dict[str, Any])["items"]
