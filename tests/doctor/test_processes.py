"""Runner, keeper and sockets, each broken in turn."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess

import msgspec
import psutil
import pytest

from jobs_ext.doctor.processes import (
    check_keeper,
    check_runner,
    check_sockets,
    check_surroundings,
)
from jobs_ext.runner.holder import Build, Holder, this_build
from jobs_ext.runner.keeper import processes
from jobs_ext.runner.launch import attach
from jobs_ext.store.paths import Paths
from tests.waiting import until


@pytest.fixture
def paths(tmp_path, runtime_dir):
    paths = Paths(tmp_path / "data", runtime_dir)
    paths.make()
    return paths


@pytest.fixture
def other():
    """A process that does nothing."""
    with subprocess.Popen(["sleep", "60"]) as child:
        yield child
        child.kill()


@contextlib.contextmanager
def runner(paths, pid=None, host=None, build=None):
    """The lock of a runner, held, and the words of its holder in it."""
    holder = Holder(
        host or socket.gethostname(), pid or os.getpid(), 0.0, "", build or this_build()
    )
    with paths.runner_lock.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(msgspec.json.encode(holder))
        file.flush()
        yield


def stop(child):
    child.send_signal(signal.SIGSTOP)
    until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_STOPPED)


def only(found):
    (finding,) = found
    return finding


def test_a_runner_that_works(paths):
    with runner(paths):
        assert only(check_runner(paths)).level == "ok"


def test_none_is_needed(paths):
    assert only(check_runner(paths)).level == "ok"


def test_a_runner_that_can_not_start(paths, monkeypatch):
    monkeypatch.setattr("jobs_ext.doctor.processes._PATIENCE", 0.1)
    paths.runner_log.write_text("fine\nModuleNotFoundError: No module named 'sqlalchemy'\n")
    with attach(paths):
        found = only(check_runner(paths))
    assert found.level == "error"
    assert "No module named 'sqlalchemy'" in found.what


def test_a_runner_that_is_stopped(paths, other):
    stop(other)
    with runner(paths, pid=other.pid):
        found = only(check_runner(paths))
    assert (found.level, found.todo) == ("error", f"kill -CONT {other.pid}")


def test_a_runner_of_another_version_or_machine(paths):
    with runner(paths, build=Build("0.0.1", "")):
        assert "0.0.1" in only(check_runner(paths)).what
    with runner(paths, host="elsewhere"):
        found = only(check_runner(paths))
    assert (found.level, "elsewhere" in found.what) == ("error", True)


def card(paths, child):
    start = processes.find(child.pid).start
    paths.keeper.write_text(json.dumps({"pid": child.pid, "process_start": start}))


def test_the_keeper(paths, other):
    assert list(check_keeper(paths)) == []
    card(paths, other)
    assert "can't be reached" in only(check_keeper(paths)).what
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(paths.keeper_socket))
        listening.listen()
        assert only(check_keeper(paths)).level == "ok"
    stop(other)
    assert only(check_keeper(paths)).level == "error"
    other.kill()
    other.wait()
    assert list(check_keeper(paths)) == []


def test_sockets_that_were_left(paths, other):
    paths.server_socket(os.getpid()).touch()
    assert list(check_sockets(paths)) == []
    other.kill()
    other.wait()
    paths.server_socket(other.pid).touch()
    assert str(paths.server_socket(other.pid)) in only(check_sockets(paths)).todo


def test_what_takes_the_jobs_along(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    assert "Slurm job 77" in only(check_surroundings()).what
