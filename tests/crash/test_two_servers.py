"""Two servers on one data directory: one runner, both see everything, and either may die."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket

from jobs_ext.client.client import Client
from jobs_ext.runner.keeper import processes
from tests.client.live import LiveServer
from tests.crash.world import World
from tests.waiting import until

pytestmark = pytest.mark.timeout(300)  # servers are started again and again


class Twin(LiveServer):
    """A second server in the home of another one."""

    def __init__(self, first: LiveServer) -> None:
        self.home, self.work, self.token = first.home, first.work, first.token
        self.start()


class Watcher:
    """Listens at the WebSocket of a server; a context manager."""

    def __init__(self, server: LiveServer) -> None:
        self._socket = websocket.create_connection(
            server.url.replace("http", "ws", 1) + "api/v1/events",
            header=[f"Authorization: token {server.token}"],
            timeout=30,
        )
        assert self._frame()["type"] == "snapshot"

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def sees(self, job: str, status: str) -> bool:
        """Read on until that is told; fail when nothing is for long."""
        while True:
            for one in self._frame()["jobs"]:
                if (one["id"], one["status"]) == (job, status):
                    return True

    def _frame(self) -> Any:
        return json.loads(self._socket.recv())


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[LiveServer, LiveServer]]:
    first = LiveServer()
    second = Twin(first)
    yield first, second
    if second.process.poll() is None:
        second.process.terminate()
        second.process.wait()
    if first.process.poll() is not None:
        first.start()
    first.stop()


def gated(client: Client, gate: Path) -> str:
    """Submit a job that waits for a file; return its id when it runs."""
    wait = 'while [ ! -e "$1" ]; do sleep 0.05; done'
    job = client.submit(["sh", "-c", wait, "sh", gate])
    until(lambda: job.status == "RUNNING", what="RUNNING")
    return job.id


def the_runner(world: World) -> int:
    """Wait until there is one runner alone, which has the lock; return its pid."""

    def alone() -> int | None:
        runners = world.runners()
        return runners[0].pid if len(runners) == 1 and world.find("runner") else None

    return until(alone, what="one runner") or 0


def test_the_runner_is_killed_and_both_start_one(
    servers: tuple[LiveServer, LiveServer], tmp_path: Path
) -> None:
    world = World(servers[0].home)
    job = gated(servers[0].client(), tmp_path / "gate")
    for _ in range(2):
        pid = the_runner(world)
        found = processes.find(pid)
        assert found is not None
        processes.send(found, signal.SIGKILL)
        until(lambda pid=pid: the_runner(world) != pid, what="another runner")
    (tmp_path / "gate").touch()
    until(lambda: servers[1].client().job(job).status == "SUCCEEDED", what="the end of the job")
    assert len(servers[1].client().job(job).attempts) == 1


def test_both_see_everything_and_either_may_die(
    servers: tuple[LiveServer, LiveServer], tmp_path: Path
) -> None:
    one, other = servers
    world = World(one.home)
    runner = the_runner(world)
    with Watcher(other) as watcher:
        job = gated(one.client(), tmp_path / "gate")
        assert watcher.sees(job, "RUNNING")
        with Watcher(one) as back:
            other.client().cancel("job", job)
            assert back.sees(job, "CANCELLED")
        assert watcher.sees(job, "CANCELLED")
        job = gated(one.client(), tmp_path / "gate")
        one.kill()
        (tmp_path / "gate").touch()
        assert watcher.sees(job, "SUCCEEDED")
    last = gated(other.client(), tmp_path / "last")
    assert the_runner(world) == runner
    other.kill()
    (tmp_path / "last").touch()
    starts = [threading.Thread(target=server.start) for server in servers]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert {server.client().job(last).status for server in servers} <= {"RUNNING", "SUCCEEDED"}
    until(lambda: one.client().job(last).status == "SUCCEEDED", what="the last job")
    the_runner(world)
