"""Lanes in the keeper: attempts that run one after another, driven for real."""

from __future__ import annotations

import os
import signal

import msgspec

from jobs_ext.runner.executors import Launch
from tests.runner.keepers import Bench, gone
from tests.waiting import until


def queued(keeper: Bench, key: str, script: str, lane: str = "lane") -> Launch:
    return msgspec.structs.replace(keeper.shell(key, script), lane=lane)


def gated(keeper: Bench, key: str) -> Launch:
    return queued(keeper, key, f"while [ ! -e {keeper.root}/gate ]; do sleep 0.05; done")


def events(keeper: Bench) -> list[tuple[str, str]]:
    return [(r["event"], r["key"]) for r in keeper.records()]


def test_one_after_another_in_order(keeper: Bench) -> None:
    keeper.client.spawn([queued(keeper, f"{n}/1", "sleep 0.1") for n in "abc"])
    keeper.wait("c/1", "exited")
    steps = ("intent", "started", "exited")
    assert events(keeper) == [(step, f"{n}/1") for n in "abc" for step in steps]


def test_lanes_are_side_by_side(keeper: Bench) -> None:
    keeper.client.spawn([gated(keeper, "a/1"), queued(keeper, "b/1", "exit", lane="other")])
    keeper.wait("b/1", "exited")
    assert keeper.client.state().live == ["a/1"]


def test_a_lane_goes_on_when_one_cannot_be_started(keeper: Bench) -> None:
    bad = [msgspec.structs.replace(keeper.order(f"{n}/1", ["no-such"]), lane="lane") for n in "ab"]
    keeper.client.spawn([*bad, queued(keeper, "c/1", "exit")])
    keeper.wait("c/1", "exited")
    assert {keeper.wait(f"{n}/1", "failed")["error"] for n in "ab"} == {
        "no-such: command not found"
    }


def test_a_lane_goes_on_when_nothing_is_left_of_the_one_before(keeper: Bench) -> None:
    keeper.client.spawn([queued(keeper, "a/1", "sleep 600 & exit"), queued(keeper, "b/1", "exit")])
    keeper.wait("b/1", "exited")
    kept = [event for event in events(keeper) if event != ("exited", "b/1")]
    assert kept.index(("cleared", "a/1")) < kept.index(("started", "b/1"))


def test_who_waits_is_live_and_not_intended(keeper: Bench) -> None:
    order = queued(keeper, "b/1", "echo once")
    keeper.client.spawn([gated(keeper, "a/1"), order, order])
    keeper.client.spawn([order])
    assert keeper.client.state().live == ["a/1", "b/1"]
    assert keeper.records("b/1") == []
    (keeper.root / "gate").touch()
    keeper.wait("b/1", "exited")
    assert [event for event, key in events(keeper) if key == "b/1"].count("started") == 1


def test_who_waits_can_be_taken_back_and_sent_again(keeper: Bench) -> None:
    keeper.client.spawn([gated(keeper, "a/1"), queued(keeper, "b/1", "exit")])
    assert keeper.client.withdraw(["a/1", "b/1", "c/1"]) == ["b/1"]
    assert keeper.client.state().live == ["a/1"]
    keeper.client.spawn([queued(keeper, "b/1", "exit", lane="other")])
    keeper.wait("b/1", "exited")
    (keeper.root / "gate").touch()
    keeper.wait("a/1", "exited")
    until(lambda: keeper.client.state().live == [], what="an idle keeper")


def test_lanes_go_on_without_a_client(keeper: Bench) -> None:
    keeper.client.spawn([queued(keeper, f"{n}/1", "sleep 0.1") for n in "abc"])
    keeper.client.close()
    keeper.wait("c/1", "exited")
    keeper.connect()


def test_nobody_is_started_after_the_keeper(keeper: Bench) -> None:
    keeper.client.spawn([gated(keeper, "a/1"), queued(keeper, "b/1", "exit")])
    pid = keeper.wait("a/1", "started")["pid"]
    os.kill(keeper.pid, signal.SIGKILL)
    (keeper.root / "gate").touch()
    until(lambda: gone(pid), what="the job's end")
    assert keeper.records("b/1") == []
