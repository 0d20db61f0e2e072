"""Starts side by side: none waits for another, and every end finds its attempt."""

from __future__ import annotations

import errno
import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from jobs_ext.runner.keeper import processes
from jobs_ext.runner.keeper.client import KeeperClient, KeeperGone
from jobs_ext.runner.keeper.spawn import may_start_in_threads
from tests.runner.keepers import Bench, gone
from tests.waiting import until

NO_FILES = """
import resource, sys
from pathlib import Path
from jobs_ext.runner.keeper.client import KeeperClient, KeeperGone

root = Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
try:
    KeeperClient.connect(root, root / "k.sock", root / "keeper.log")
except KeeperGone as gone:
    print(gone)
"""

SHORT = """
import os, sys, time
from jobs_ext.runner.keeper.attempt import waited_for
from jobs_ext.runner.keeper.lanes import Order
from jobs_ext.runner.keeper.spawn import Environment
from jobs_ext.runner.keeper.starts import Begun, Starts

order = {"key": "a/1", "argv": ["/bin/true"], "cwd": "/", "environment": {}}
order |= {name: f"{sys.argv[1]}/{name}" for name in ("stdout", "stderr", "alive")}
starts = Starts()
began = time.monotonic()
starts.begin(Order(order, Environment({})))
seen = None
while seen is None:  # it has ended before anyone asked which it is
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        seen = time.monotonic()
    except ChildProcessError:
        time.sleep(0.001)
while not (told := starts.done()):
    time.sleep(0.001)
assert [type(one) for one in told] == [Begun], told
assert began <= told[0].since.monotonic <= seen, told
assert waited_for(told[0].pid, os.WNOHANG).pid == told[0].pid
assert not starts.busy
"""
needs_threads = pytest.mark.skipif(
    not (
        may_start_in_threads() and processes.lists_children() and len(os.sched_getaffinity(0)) > 1
    ),
    reason="programs are started one after another here",
)


def test_an_end_may_be_seen_before_the_start(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", SHORT, tmp_path], check=True, timeout=60)


def test_many_short_ones_at_once(keeper: Bench) -> None:
    keys = [f"j{number}/1" for number in range(120)]
    for key in keys:
        keeper.client.spawn([keeper.order(key, ["true"])])
    until(lambda: keeper.client.state().live == [], what="the end of all")
    for key in keys:
        assert [r["event"] for r in keeper.records(key)] == ["intent", "started", "exited"]
        assert (keeper.find(key, "exited")["code"], keeper.find(key, "exited")["leftover"]) == (
            0,
            False,
        )


@needs_threads
def test_one_that_is_not_loaded_yet_keeps_nobody_waiting(keeper: Bench) -> None:
    stuck = keeper.order("a/1", ["echo", "at last"])
    os.mkfifo(stuck.stdout)  # whoever opens it waits for a reader: the new process, to begin with
    keeper.client.spawn([stuck])
    keeper.client.spawn([keeper.shell("b/1", "sleep 600 & echo $!; exit 3")])
    assert keeper.wait("b/1", "exited")["code"] == 3
    keeper.wait("b/1", "cleared")
    assert gone(int(keeper.printed("b/1")))
    assert keeper.client.state().live == ["a/1"]
    assert [r["event"] for r in keeper.records("a/1")] == ["intent"]
    assert Path(stuck.stdout).read_text() == "at last\n"
    assert keeper.wait("a/1", "exited")["code"] == 0


@needs_threads
def test_one_that_is_stopped_before_it_is_loaded(keeper: Bench) -> None:
    stuck = keeper.order("a/1", ["sleep", "600"])
    os.mkfifo(stuck.stdout)
    keeper.client.spawn([stuck])
    keeper.client.kill("a/1", 5, "cancelled", "cancelled")
    assert keeper.client.state().live == ["a/1"]
    with Path(stuck.stdout).open():
        exited = keeper.wait("a/1", "exited")
    assert exited["told"] == {"code": "cancelled", "sentence": "cancelled"}


@needs_threads
def test_one_that_is_never_loaded_can_be_killed(keeper: Bench) -> None:
    stuck = keeper.order("a/1", ["sleep", "600"])
    os.mkfifo(stuck.stdout)
    keeper.client.spawn([keeper.order("b/1", ["sleep", "600"])])  # maybe by the same thread
    keeper.wait("b/1", "started")
    keeper.client.spawn([stuck])
    keeper.wait("a/1", "intent")
    keeper.client.kill("a/1", 0.1, "cancelled", "cancelled")
    exited = keeper.wait("a/1", "exited")
    assert (exited["signal"], exited["told"]["code"]) == (signal.SIGKILL, "cancelled")
    assert keeper.client.state().live == ["b/1"]


@needs_threads
def test_as_many_as_there_are_cores_hold_nobody_up(keeper: Bench) -> None:
    stuck = [keeper.order(f"s{n}/1", ["true"]) for n in range(len(os.sched_getaffinity(0)))]
    for one in stuck:
        os.mkfifo(one.stdout)
    keeper.client.spawn([*stuck, keeper.order("b/1", ["true"])])
    assert keeper.wait("b/1", "exited")["code"] == 0
    assert sorted(keeper.client.state().live) == sorted(one.key for one in stuck)


@needs_threads
def test_one_that_a_warm_parent_did_not_begin_can_be_killed_too(keeper: Bench) -> None:
    parent = keeper.root / "parent.sh"
    gate = keeper.root / "gate"
    parent.write_text(f"while [ ! -e {gate} ]; do sleep 0.02; done\n")
    order = keeper.order("a/1", ["cat", str(parent)])
    keeper.client.spawn([msgspec.structs.replace(order, parent=["sh", str(parent)])])
    until(Path(order.stdout).exists, what="its logs")
    keeper.client.kill("a/1", 0.1, "cancelled", "cancelled")
    Path(order.stdout).unlink()
    os.mkfifo(order.stdout)  # nobody reads: its program is never loaded
    gate.touch()  # the parent ends, and declines
    exited = keeper.wait("a/1", "exited")
    assert (exited["signal"], exited["told"]["code"]) == (signal.SIGKILL, "cancelled")


@pytest.fixture
def starved(keeper: Bench) -> psutil.Process:
    """The keeper, which may open no more files."""
    process = psutil.Process(keeper.pid)
    most = process.rlimit(resource.RLIMIT_NOFILE)[1]
    process.rlimit(resource.RLIMIT_NOFILE, (process.num_fds(), most))
    return process


def test_what_the_machine_lacks_for_a_moment_is_waited_for(
    keeper: Bench, starved: psutil.Process
) -> None:
    keeper.client.spawn([keeper.order("a/1", ["true"]), keeper.order("b/1", ["true"])])
    keeper.wait("b/1", "intent")
    keeper.client.kill("b/1", 5, "cancelled", "cancelled")
    assert keeper.wait("b/1", "failed")["errno"] == errno.EMFILE
    assert keeper.client.state().live == ["a/1"]
    most = starved.rlimit(resource.RLIMIT_NOFILE)[1]
    starved.rlimit(resource.RLIMIT_NOFILE, (most, most))
    assert keeper.wait("a/1", "exited")["code"] == 0


def test_who_calls_when_no_more_files_may_be_open_is_let_in_later(
    keeper: Bench, starved: psutil.Process
) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(60)
        caller.connect(str(keeper.socket))
        caller.sendall(b'{"do": "list"}\n')
        assert keeper.client.state().live == []  # it goes on
        most = starved.rlimit(resource.RLIMIT_NOFILE)[1]
        starved.rlimit(resource.RLIMIT_NOFILE, (most, most))
        assert b"instance" in caller.recv(4096)


def test_starts_leave_the_keeper_files_to_end_others_with(keeper: Bench) -> None:
    keeper.client.spawn([keeper.shell("a/1", "sleep 600 & exec sleep 600")])
    keeper.wait("a/1", "started")
    process = psutil.Process(keeper.pid)
    most = process.rlimit(resource.RLIMIT_NOFILE)[1]
    process.rlimit(resource.RLIMIT_NOFILE, (process.num_fds() + 16, most))
    waiting = [keeper.order(f"b{n}/1", ["true"]) for n in range(30)]
    keeper.client.spawn(waiting)
    keeper.wait("b29/1", "intent")
    keeper.client.kill("a/1", 5, "cancelled", "cancelled")
    assert keeper.wait("a/1", "exited")["signal"] == signal.SIGTERM
    until(lambda: keeper.client.state().live == [one.key for one in waiting], what="the others")
    process.rlimit(resource.RLIMIT_NOFILE, (most, most))
    assert [keeper.wait(one.key, "exited")["code"] for one in waiting] == [0] * 30


def test_no_keeper_where_no_process_can_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(KeeperGone, match="could be started"):
        KeeperClient.connect(tmp_path, tmp_path / "k.sock", tmp_path / "keeper.log")


def test_no_keeper_where_no_file_can_be_opened(tmp_path: Path) -> None:
    """In a process of its own: the limit would meet every thread of this one."""
    told = subprocess.run(
        [sys.executable, "-c", NO_FILES, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "Too many open files" in told.stdout
