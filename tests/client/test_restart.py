"""Handles outlive the server: it is killed, started again elsewhere, and they go on working."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

import jobs_ext as jx
from jobs_ext.client import session
from jobs_ext.client.connection import Connection
from tests.waiting import until

from .kernels import Kernel
from .live import LiveServer


@pytest.fixture(scope="module")
def server():
    """A server of its own: it is killed here."""
    server = LiveServer()
    yield server
    server.stop()


def test_handles_go_on_after_a_kill_and_a_restart_at_another_port(server, client):
    marks = server.work / "started"
    note = f"open({str(marks)!r}, 'a').write(os.environ['JOBS_ID'] + '\\n')"
    code = f"import os, time; {note}; time.sleep(3)"
    batch = jx.map([sys.executable, "-c", code, "{i}"], jx.grid(i=["1", "2", "3", "4"]))
    until(lambda: batch.counts["RUNNING"] >= 2, what="two jobs that run")
    sent = pickle.dumps(batch)
    before = server.url
    server.kill()
    server.token += "x"
    server.start()
    assert server.url != before

    assert batch.wait(60).counts["SUCCEEDED"] == 4
    started = marks.read_text().split()
    assert sorted(started) == sorted(job.id for job in batch)

    run = subprocess.run(
        [sys.executable, "-c", "import pickle, sys; print(pickle.load(sys.stdin.buffer).wait(60))"],
        input=sent,
        capture_output=True,
        env=server.environment,
        check=True,
    )
    assert b"4 SUCCEEDED" in run.stdout

    kernel = Kernel(server)  # a new one, of the new server
    kernel.run(f"import pickle; batch = pickle.loads({sent!r})")
    assert kernel.value("batch.wait(60).counts['SUCCEEDED']") == "4"
    kernel.close()


def test_connect_finds_the_only_server_and_its_token(server, client, monkeypatch):
    monkeypatch.setattr(session, "_default", None)
    for name in ("JOBS_EXT_TOKEN", "JUPYTER_TOKEN", "JOBS_EXT_URL", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    assert jx.connect().connection.info.server == client.connection.info.server
    assert jx.submit(["true"]).wait(60).status == "SUCCEEDED"


def test_a_wrong_token_is_said_to_be_one(server, client, monkeypatch):
    monkeypatch.setenv("JOBS_EXT_TOKEN", "wrong")
    with pytest.raises(jx.errors.Forbidden, match="does not let us in"):
        jx.connect(server.url)


def test_a_server_that_is_not_there(client):
    with pytest.raises(jx.errors.NoServer, match="can't be reached"):
        Connection(client.connection.address._replace(url="http://127.0.0.1:9/jobs-ext/")).info  # noqa: B018


def test_a_handle_of_another_server(client):
    job = jx.submit(["true"])
    state = job.__getstate__() | {"home": ("another", "http://elsewhere/")}
    lost = object.__new__(type(job))
    lost.__setstate__(state)
    with pytest.raises(jx.errors.NoServer, match="http://elsewhere/"):
        lost.status  # noqa: B018
    assert "text/plain" in lost._repr_mimebundle_()
