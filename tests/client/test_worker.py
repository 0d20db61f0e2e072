"""The worker that comes along, as a process of its own: it runs, crashes, and is raced."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from jobs_ext.client.worker import RESTARTED
from jobs_ext.model.node import NodeRequest
from tests.client.live import LiveServer
from tests.waiting import until


@pytest.fixture(scope="module")
def server():
    server = LiveServer("--JobsExtension.lease=60")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def client(server):
    client = server.client()
    yield client
    client.close()


@pytest.fixture
def start(server):
    """Starts workers; afterwards none is left."""
    begun = []

    def start_(name, *options):
        word = ("nodes", "work", name, "--url", server.url, "--token", server.token, *options)
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs_ext.cli", *word],
            env=server.environment,
            stdout=subprocess.DEVNULL,
        )
        begun.append(process)
        return process

    yield start_
    for process in begun:
        process.kill()
        process.wait()


def python(client, code, **options):
    return client.options(executor="node", **options).submit([sys.executable, "-c", code])


LONG = "import sys, time; print('begun', flush=True); time.sleep(60)"
COUNT = """
name = "count"
executor = "node"
shell = true
command = "echo $kind; wc -l {text}"
pass_as = "environment"
[inputs.text]
multiple = true
[parameters.kind]
type = "string"
"""
KEEP = """
import json, os
with open(os.environ["JOBS_PROGRESS"], "a") as file:
    file.write(json.dumps({"fraction": 0.5, "data": {"loss": 1}}) + "\\n")
open(os.environ["JOBS_OUTPUT_DIR"] + "/t.txt", "w").write("made")
print("hello")
"""


def test_a_job_is_run_and_what_it_leaves_is_kept(client, start, server, tmp_path):
    (server.work / "tools").mkdir()
    (server.work / "tools" / "count.toml").write_text(COUNT)
    good = python(client, KEEP)
    bad = python(client, "import sys; sys.exit('broken')")
    sent, gone = tmp_path / "-sent", server.work / "gone.txt"
    sent.write_text("3 lines\nof\ntext\n")
    gone.write_text("x")
    files = client.submit("count", text=[sent, __file__], kind="so")
    edited = client.submit("count", text=[gone], kind="so")
    gone.unlink()
    slow = python(client, LONG, timeout=0.5)
    wrong = client.options(executor="node").submit(["no-such-program-anywhere"])
    start("one", "--most", "6").wait(60)
    job = good.refresh()
    assert (job.status, job.attempts[0].exit_code) == ("SUCCEEDED", 0)
    assert job.progress.data == {"loss": 1}
    assert good.outputs["t.txt"].read() == b"made"
    assert good.outputs["stdout"].read() == b"hello\n"
    assert (bad.status, bad.reason) == ("FAILED", "exited with code 1: broken")
    assert files.outputs["stdout"].text().split()[:3] == ["so", "3", "./-sent"]
    assert "gone.txt, is there no more" in edited.reason
    assert "time limit of 0.5 s" in slow.reason
    assert "can't be started" in wrong.reason


ODD = """
import os
folder = os.environb[b"JOBS_OUTPUT_DIR"]
open(folder + b"/a\\xff", "w").close()
open(folder + b"/b", "w").close()
"""


def test_no_command_ends_its_worker(client, start):
    wrong = ['{"fraction": 7}', '{"message": "\\ud800"}', '{"fraction": "x"}', "no JSON"]
    say = "import os; print({!r}, file=open(os.environ['JOBS_PROGRESS'], 'w'))"
    lines = [python(client, say.format(line)) for line in wrong]
    odd = python(client, ODD)
    last = python(client, KEEP)
    start("six", "--most", str(len(lines) + 2)).wait(60)
    assert [job.refresh().status for job in (*lines, last)] == ["SUCCEEDED"] * (len(lines) + 1)
    assert "its output 'a\\udcff' could not be sent" in odd.refresh().reason
    assert odd.outputs["b"].read() == b""


def test_a_worker_that_is_killed_is_started_again(client, start):
    job = python(client, "import time; time.sleep(2)", retries=1)
    first = start("two")
    until(lambda: job.status == "RUNNING", what="the job to run")
    first.send_signal(signal.SIGKILL)
    start("two")
    job.wait(60)
    assert job.status == "SUCCEEDED"
    assert [one.reason for one in job.attempts] == [RESTARTED, None]


def test_a_cancel_reaches_what_runs(client, start):
    job = python(client, LONG)
    worker = start("three", "--most", "1")
    until(lambda: job.status == "RUNNING", what="the job to run")
    job.cancel()
    assert job.wait(60).status == "CANCELLED"
    assert worker.wait(60) == 0


def test_two_workers_race_and_each_job_runs_once(client, start, tmp_path):
    log = tmp_path / "ran"
    code = f"import os; print(os.environ['JOBS_ID'], file=open({str(log)!r}, 'a'))"
    jobs = [python(client, code) for _ in range(20)]
    for name in ("four", "five"):
        start(name)
    for job in jobs:
        assert job.wait(60).status == "SUCCEEDED"
    assert sorted(log.read_text().split()) == sorted(job.id for job in jobs)
    assert all(len(job.attempts) == 1 for job in jobs)


def test_nodes_are_registered_and_forgotten(client):
    node = client.nodes.register(NodeRequest(name="idle"))
    assert client.nodes.ping(node.id).jobs == []
    assert node.id in [one.id for one in client.nodes.list()]
    client.nodes.forget(node.id)
    assert node.id not in [one.id for one in client.nodes.list()]
