"""Runs: a lane where attempts queue up has a thread, and what is unusual finds its way out."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import msgspec
import pytest

from jobs_ext.runner.executors import Launch
from tests.runner.keepers import Bench, gone
from tests.runner.test_lanes import events, gated, queued
from tests.runner.test_starts import needs_threads
from tests.waiting import until

STEPS = ("intent", "started", "exited")


def behind(keeper: Bench, *orders: Launch) -> None:
    """Let them queue up behind one that ends when all are there."""
    keeper.client.spawn([gated(keeper, "first/1"), *orders])
    keeper.wait("first/1", "started")
    assert len(keeper.client.state().live) == len(orders) + 1
    (keeper.root / "gate").touch()


def at_rest(keeper: Bench) -> None:
    until(lambda: keeper.client.state().live == [], what="an idle keeper")


def in_folder(keeper: Bench, key: str, script: str) -> Launch:
    folder = keeper.root / f"made-{key[0]}"
    logs = {name: str(folder / name) for name in ("stdout", "stderr", "alive")}
    order = queued(keeper, key, script)
    return msgspec.structs.replace(order, folder=str(folder), **logs)


def test_each_is_told_of_once_and_in_order(keeper: Bench) -> None:
    keys = [f"{lane}{n}/1" for n in range(40) for lane in "ab"]
    keeper.client.spawn([queued(keeper, key, f"echo {key}; exit 0", lane=key[0]) for key in keys])
    at_rest(keeper)
    for lane in "ab":
        of_it = [(event, key) for event, key in events(keeper) if key[0] == lane]
        assert of_it == [(step, key) for key in keys if key[0] == lane for step in STEPS]
    assert [keeper.printed(key) for key in keys] == keys


def test_logs_are_told_and_folders_go_on(keeper: Bench) -> None:
    orders = [in_folder(keeper, f"{name}/1", f"echo {name}") for name in "abcd"]
    behind(keeper, *orders, in_folder(keeper, "e/1", "touch more; echo e; exit 3"))
    for name in "abcd":
        assert keeper.wait(f"{name}/1", "exited")["logs"] == {"stdout": f"{name}\n", "stderr": ""}
    exited = keeper.wait("e/1", "exited")
    assert (exited["code"], exited["full"], "logs" in exited) == (3, False, False)
    assert (keeper.root / "made-e" / "stdout").read_text() == "e\n"
    assert not (keeper.root / "made-a").exists()


def test_one_that_is_stopped_and_those_after_it(keeper: Bench) -> None:
    behind(
        keeper,
        queued(keeper, "a/1", "exit"),
        queued(keeper, "b/1", "sleep 600 & trap '' TERM; while :; do sleep 0.1; done"),
        queued(keeper, "c/1", "exit"),
        queued(keeper, "d/1", "exit"),
    )
    pid = keeper.wait("b/1", "started")["pid"]
    assert keeper.client.withdraw(["a/1", "b/1", "c/1"]) == ["c/1"]
    keeper.client.kill("b/1", 0.2, "cancelled", "cancelled")
    exited = keeper.wait("b/1", "exited")
    assert (exited["signal"], exited["told"]["code"]) == (signal.SIGKILL, "cancelled")
    assert keeper.wait("d/1", "exited")["told"] is None
    at_rest(keeper)
    assert gone(pid)
    assert keeper.records("c/1") == []


def test_what_one_leaves_ends_before_the_next_begins(keeper: Bench) -> None:
    behind(
        keeper,
        queued(keeper, "a/1", "exit"),
        queued(keeper, "b/1", "setsid sleep 600 & echo $!"),
        queued(keeper, "c/1", "exit"),
        queued(keeper, "d/1", "exit"),
    )
    at_rest(keeper)
    assert keeper.find("b/1", "exited")["leftover"]
    assert gone(int(keeper.printed("b/1")))
    told = events(keeper)
    assert told.index(("cleared", "b/1")) < told.index(("started", "c/1"))


def test_one_that_cannot_be_started_says_why(keeper: Bench) -> None:
    bad = msgspec.structs.replace(keeper.order("b/1", ["no-such"]), lane="lane")
    (keeper.root / "made-c").touch()
    behind(
        keeper,
        queued(keeper, "a/1", "exit"),
        bad,
        in_folder(keeper, "c/1", "exit"),
        queued(keeper, "d/1", "exit 4"),
        queued(keeper, "e/1", "kill -9 $$"),
    )
    at_rest(keeper)
    assert keeper.find("b/1", "failed")["error"] == "no-such: command not found"
    assert "File exists" in keeper.find("c/1", "failed")["error"]
    assert keeper.find("d/1", "exited")["code"] == 4
    assert keeper.find("e/1", "exited")["signal"] == signal.SIGKILL


@needs_threads
@pytest.mark.parametrize("is_read", [True, False], ids=["loaded later", "never loaded"])
def test_one_that_is_stopped_before_it_is_loaded(keeper: Bench, is_read: bool) -> None:
    stuck = queued(keeper, "b/1", "exec sleep 600")
    os.mkfifo(stuck.stdout)
    others = [queued(keeper, f"{name}/1", "exit") for name in "ac"]
    behind(keeper, others[0], stuck, others[1])
    keeper.wait("b/1", "intent")
    keeper.client.kill("b/1", 60 if is_read else 0.1, "cancelled", "cancelled")
    assert keeper.client.state().live == ["b/1", "c/1"]
    if is_read:
        with Path(stuck.stdout).open():
            exited = keeper.wait("b/1", "exited")
    exited = keeper.wait("b/1", "exited")
    by = signal.SIGTERM if is_read else signal.SIGKILL
    assert (exited["signal"], exited["told"]["code"]) == (by, "cancelled")
    assert keeper.wait("c/1", "exited")["code"] == 0


@needs_threads
def test_others_are_seen_to_while_there_are_runs(keeper: Bench) -> None:
    """Those that wait for nobody, and orphans: the first thread is not woken for them."""
    behind(
        keeper,
        queued(keeper, "a/1", "exit"),
        queued(keeper, "b/1", "exec sleep 600"),
        queued(keeper, "c/1", "exit"),
    )
    keeper.wait("b/1", "started")
    keeper.client.spawn([keeper.shell("x/1", "exit 5"), keeper.shell("y/1", "sleep 600 & exit 6")])
    assert keeper.wait("x/1", "exited")["code"] == 5
    assert keeper.wait("y/1", "exited")["leftover"]
    keeper.wait("y/1", "cleared")
    os.kill(keeper.find("b/1", "started")["pid"], signal.SIGTERM)
    assert keeper.wait("b/1", "exited")["signal"] == signal.SIGTERM
    at_rest(keeper)
