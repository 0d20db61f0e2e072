"""Drills of a failing disk and store, with a real server on a small disk of its own."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from jobs_ext.client.client import Client
from jobs_ext.client.errors import DiskFull
from jobs_ext.client.job import Job
from jobs_ext.runner.holder import read_holder
from jobs_ext.store.paths import Paths
from tests.client.live import LiveServer
from tests.disks import fill, needs_mounts, remount, small_disk
from tests.serving import multipart
from tests.waiting import until

pytestmark = pytest.mark.timeout(300)  # servers are started again and again

GATED = "while [ ! -e {gate} ]; do sleep 0.05; done; echo done"


class DiskServer(LiveServer):
    """A server whose data directory lies on a disk of its own."""

    def __init__(self, disk: Path) -> None:
        self.disk = disk
        super().__init__()

    def start(self) -> None:
        data = self.home / "data"
        if not data.is_symlink():
            data.symlink_to(self.disk)
        super().start()

    def _answers(self) -> bool:
        """Whether it says anything, be it that its store can't be used."""
        try:
            return self.get("api/v1/").status_code in (200, 503)
        except requests.ConnectionError:
            return False

    @property
    def paths(self) -> Paths:
        return Paths(self.home / "data" / "jobs_ext", self.runtime)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"}

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, headers=self.headers, timeout=60)

    def post(self, command: list[str]) -> requests.Response:
        body = {"target": {"command": command}, "options": {"cwd": "private"}}
        return requests.post(self.url + "api/v1/jobs", json=body, headers=self.headers, timeout=60)

    def ask(
        self, verb: str, path: str, body: bytes = b"", kind: str = "application/octet-stream"
    ) -> requests.Response:
        headers = self.headers | {"Content-Type": kind}
        address = f"{self.url}api/v1/{path}"
        return requests.request(verb, address, data=body, headers=headers, timeout=60)

    def status(self) -> requests.Response:
        """Return an answer of Jupyter's own."""
        return requests.get(
            self.url.replace("jobs-ext/", "api/status"), headers=self.headers, timeout=5
        )

    def logs(self) -> str:
        files = [self.home / "server.log", self.paths.runner_log, self.paths.keeper_log]
        return "".join(file.read_text() for file in files if file.exists())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DiskServer]:
    with small_disk(tmp_path / "disk", size="64m") as disk:
        server = DiskServer(disk)
        yield server
        if server.process.poll() is not None:
            server.start()
        server.stop()
        assert "Traceback" not in server.said


@pytest.fixture(autouse=True)
def keep_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a server's logs outlive its home."""
    stop = DiskServer._runner_gone

    def gone(self: DiskServer) -> bool:
        self.said = self.logs()  # type: ignore[attr-defined]
        return stop(self)

    monkeypatch.setattr(DiskServer, "_runner_gone", gone)


@needs_mounts
def test_a_full_disk(server: DiskServer, tmp_path: Path) -> None:
    client = server.client()
    gate = tmp_path / "gate"
    gated = ["sh", "-c", GATED.format(gate=gate)]
    accepted = [client.command(gated).submit() for _ in range(4)]
    until(lambda: sum(job.status == "RUNNING" for job in accepted) == 2, what="two running")
    parts = sorted(server.paths.parts_dir.iterdir())

    ballast = fill(server.disk)
    told = until(lambda: refused(client, gated, accepted), what="a refusal")
    assert str(server.paths.root) in told.hint
    request = {"target": {"command": ["cat", "{f}"]}, "arguments": {"f": {"part": "f"}}}
    kind, body = multipart(request, {"f": ("f", bytes(500_000))})
    answer = requests.post(
        server.url + "api/v1/jobs",
        data=body,
        headers=server.headers | {"Content-Type": kind},
        timeout=60,
    )
    assert (answer.status_code, answer.json()["type"]) == (507, "disk_full")
    assert sorted(server.paths.parts_dir.iterdir()) == parts
    assert accepted[-1].reason_code == "waiting_disk"  # reading goes on

    gate.touch()
    holder = read_holder(server.paths)
    assert holder is not None
    runner = psutil.Process(holder.pid)
    before, began = sum(runner.cpu_times()[:2]), time.monotonic()
    time.sleep(3)  # a time of failures, over which its use of the processor is taken
    used = (sum(runner.cpu_times()[:2]) - before) / (time.monotonic() - began)
    assert used < 0.2

    ballast.unlink()
    ends = [job.wait(60) for job in accepted]  # those that ran could not write their logs
    assert [job.reason_code for job in ends[:2]] == ["disk_full"] * 2
    assert {job.status for job in ends[2:]} == {"SUCCEEDED"}
    assert runner.is_running()
    client.close()


def refused(client: Client, command: list[str], accepted: list[Job]) -> DiskFull | None:
    """Submit once more; return the refusal. What is left of pages may take a few."""
    try:
        accepted.append(client.command(command).submit())
    except DiskFull as full:
        return full
    return None


@needs_mounts
def test_a_read_only_disk_and_a_damaged_database(server: DiskServer) -> None:
    client = server.client()
    job = client.command(["echo", "hello"]).submit()
    job.wait(60)
    assert server.ask("POST", "projects", b'{"name": "p"}', "application/json").status_code == 201
    client.close()
    end(server)
    remount(server.disk, "ro")
    server.start()
    assert server.get(f"api/v1/jobs/{job.id}").json()["status"] == "SUCCEEDED"
    assert "hello" in server.get(f"api/v1/jobs/{job.id}/logs").text
    for path in ("", "jobs", "batches", "tools", "queues", "projects", "keys", "openapi.json"):
        assert server.get(f"api/v1/{path}").status_code == 200, path
    multi, body = multipart({"target": {"command": ["cat", "{f}"]}}, {"f": ("f", b"x")})
    for answer in (
        server.post(["true"]),
        server.ask("POST", "jobs", body, multi),
        server.ask("PUT", "projects/p/datasets/d/content", b"x" * 1_000_000),
        server.ask("DELETE", f"jobs/{job.id}"),
    ):
        assert answer.status_code == 503, answer.text
        assert answer.headers["Retry-After"] == "2"
        assert "read-only" in answer.json()["message"]
        assert str(server.paths.root) in answer.json()["hint"]
    assert server.status().status_code == 200
    remount(server.disk, "rw")
    until(lambda: server.post(["true"]).status_code == 201, what="the store again")
    end(server)

    sound = server.paths.db.read_bytes()
    server.paths.db.write_bytes(bytes(4096) + sound[4096:])
    server.start()
    for path in ("api/v1/", "api/v1/jobs", f"api/v1/jobs/{job.id}", "api/v1/tools"):
        answer = server.get(path)
        assert (answer.status_code, answer.json()["type"]) == (503, "store_refused")
        assert "is not a database" in answer.json()["message"]
        assert "Retry-After" not in answer.headers
    assert server.status().status_code == 200
    end(server)
    server.paths.db.write_bytes(sound)
    server.start()
    assert server.client().get(job.id).status == "SUCCEEDED"


def end(server: DiskServer) -> None:
    """End the server and wait until its runner has ended, too."""
    server.process.terminate()
    server.process.wait(60)
    until(server._runner_gone, what="the runner's end")


@needs_mounts
def test_a_held_database_and_control_c(server: DiskServer, tmp_path: Path) -> None:
    client = server.client()
    job = client.command(["true"]).submit()
    job.wait(60)
    other = sqlite3.connect(server.paths.db, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    answers: list[requests.Response] = []
    posts = [
        threading.Thread(target=lambda: answers.append(server.post(["true"]))) for _ in range(12)
    ]
    began = time.monotonic()
    for post in posts:
        post.start()
    while any(post.is_alive() for post in posts):
        asked = time.monotonic()
        assert server.status().status_code == 200
        assert server.get(f"api/v1/jobs/{job.id}").json()["status"] == "SUCCEEDED"
        assert time.monotonic() - asked < 5
    assert time.monotonic() - began < 20
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["Retry-After"] for answer in answers} == {"2"}
    other.execute("ROLLBACK")
    other.close()

    gate = tmp_path / "gate"
    going = client.command(["sh", "-c", GATED.format(gate=gate)]).submit()
    until(lambda: going.status == "RUNNING", what="a job that runs")
    client.close()
    for _ in range(2):  # Control-C in its terminal, and again instead of an answer to "really?"
        os.killpg(server.process.pid, signal.SIGINT)
        time.sleep(0.2)
    server.process.wait(60)
    server.start()
    gate.touch()
    assert server.client().get(going.id).wait(60).status == "SUCCEEDED"
