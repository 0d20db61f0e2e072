"""Attempts made ready behind one that runs: each begins once or not at all, whoever is killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from jobs_ext.runner.executors import Launch
from jobs_ext.runner.executors.survivors import end_survivors
from jobs_ext.runner.keeper import processes
from tests.runner.keepers import gone
from tests.runner.warm import Warm, in_lane
from tests.waiting import until

both = pytest.mark.parametrize("mode", ["fork", "share"])


class Lane:
    """A first attempt that runs until it is let go, and others behind it that say they ran."""

    def __init__(self, warm: Warm, mode: str, others: int = 1) -> None:
        self.warm = warm
        self.gate = warm.root / "gate"
        self.ran = warm.root / "ran"
        first = f"""
import os, time
print(os.getppid(), flush=True)
while not os.path.exists({str(self.gate)!r}): time.sleep(0.01)
"""
        says = (
            f"import os; os.write(os.open({str(self.ran)!r}, 0o2101, 0o600), os.environ['JOBS_ID']"
        )
        others_say = [says + ".encode() + b' ')"] * others
        self.first, *self.others = in_lane(warm, mode, first, *others_say)
        warm.client.spawn([self.first, *self.others])
        until(Path(self.others[0].alive).exists, what="the next one, ready")
        warm.printed(self.first.key)

    def let_go(self) -> None:
        self.gate.touch()

    def said(self) -> list[str]:
        return self.ran.read_text().split() if self.ran.exists() else []

    def ended(self, one: Launch) -> bool:
        """Whether an attempt is over, well."""
        return bool(self.warm.wait(one.key, "exited")["code"] == 0)


@both
def test_it_begins_when_the_other_ends_and_not_before(warm: Warm, mode: str) -> None:
    lane = Lane(warm, mode, others=5)
    assert lane.said() == []
    assert Path(lane.others[0].alive).read_bytes() == b""
    lane.let_go()
    assert all(map(lane.ended, lane.others))
    assert lane.said() == [f"s{n}" for n in range(1, 6)]
    first, second = (warm.find(f"s{n}/1", name) for n, name in ((0, "exited"), (1, "started")))
    assert first["time"] <= second["time"]
    assert Path(lane.others[0].alive).read_bytes() == b"\0"


@pytest.mark.parametrize(("mode", "ready"), [("fork", 1), ("share", 4)])
def test_a_worker_has_some_ready_and_a_parent_one(warm: Warm, mode: str, ready: int) -> None:
    lane = Lane(warm, mode, others=6)
    warm.wait(lane.others[ready - 1].key, "ahead")
    assert warm.client.state().live == [lane.first.key, *(one.key for one in lane.others)]
    assert [bool(warm.records(one.key)) for one in lane.others] == [n < ready for n in range(6)]
    assert warm.client.withdraw([lane.others[ready - 1].key]) == [lane.others[ready - 1].key]
    lane.let_go()
    assert all(lane.ended(one) for n, one in enumerate(lane.others) if n != ready - 1)
    assert lane.said() == [f"s{n}" for n in range(1, 7) if n != ready]


@both
def test_one_that_is_taken_back_does_not_begin_until_it_is_ordered_anew(
    warm: Warm, mode: str
) -> None:
    lane = Lane(warm, mode, others=3)
    second, third, fourth = (one.key for one in lane.others)
    assert sorted(warm.client.withdraw([second, fourth])) == [second, fourth]
    assert warm.client.withdraw([second]) == []
    assert warm.client.state().live == [lane.first.key, third]
    lane.let_go()
    assert lane.ended(lane.others[1])
    assert lane.said() == ["s2"]
    warm.client.spawn([lane.others[0]])
    assert lane.ended(lane.others[0])
    assert lane.said() == ["s2", "s1"]


@both
def test_one_ordered_anew_at_once_runs_once(warm: Warm, mode: str) -> None:
    lane = Lane(warm, mode)
    for _ in range(3):
        assert warm.client.withdraw([lane.others[0].key]) == [lane.others[0].key]
        warm.client.spawn(lane.others)
    lane.let_go()
    assert lane.ended(lane.others[0])
    assert lane.said() == ["s1"]


@both
def test_it_is_too_late_to_take_back_one_that_has_begun(warm: Warm, mode: str) -> None:
    lane = Lane(warm, mode)
    lane.let_go()
    assert lane.ended(lane.others[0])
    assert warm.client.withdraw([lane.others[0].key]) == []


@both
def test_one_that_is_to_be_stopped_before_it_begins_ends(warm: Warm, mode: str) -> None:
    lane = Lane(warm, mode)
    warm.client.kill(lane.others[0].key, 0.1, "cancelled", "stopped")
    lane.let_go()
    assert warm.wait(lane.others[0].key, "exited")["told"]["code"] == "cancelled"


@both
def test_the_stop_of_the_first_lets_the_next_one_begin(warm: Warm, mode: str) -> None:
    lane = Lane(warm, mode)
    warm.client.kill(lane.first.key, 5.0, "cancelled", "stopped")
    assert warm.wait(lane.first.key, "exited")["told"]["code"] == "cancelled"
    assert lane.ended(lane.others[0])
    assert lane.said() == ["s1"]


def test_what_the_first_leaves_is_ended_beside_it(warm: Warm) -> None:
    leaves = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
    first, *others = in_lane(warm, "fork", leaves, "print(1)", "print(2)")
    warm.client.spawn([first, *others])
    assert [warm.wait(one.key, "exited")["code"] for one in others] == [0, 0]
    warm.wait(first.key, "cleared")
    assert gone(int(warm.printed(first.key)))


def test_a_killed_parent_costs_nothing(warm: Warm) -> None:
    lane = Lane(warm, "fork", others=2)
    os.kill(int(warm.printed(lane.first.key)), signal.SIGKILL)
    lane.let_go()
    assert all(map(lane.ended, lane.others))
    assert lane.said() == ["s1", "s2"]


def test_a_killed_worker_ends_the_first_alone(warm: Warm) -> None:
    lane = Lane(warm, "share", others=6)
    os.kill(warm.wait(lane.first.key, "started")["pid"], signal.SIGKILL)
    assert warm.wait(lane.first.key, "exited")["signal"] == signal.SIGKILL
    assert all(map(lane.ended, lane.others))
    assert lane.said() == [f"s{n}" for n in range(1, 7)]


@both
def test_without_the_keeper_it_does_not_begin(warm: Warm, mode: str) -> None:
    lane = Lane(warm, mode)
    first = warm.wait(lane.first.key, "started")["pid"]
    warm.kill_keeper()
    lane.let_go()
    marks = processes.marks_of(lane.others[0].key)
    until(lambda: gone(first), what="the end of the first")
    until(
        lambda: not any(processes.carries(pid, marks) for pid in processes.table()),
        what="the end of who was to begin it",
    )
    assert end_survivors(lane.others[0].key, Path(lane.others[0].alive), None)
    assert lane.said() == []
    assert Path(lane.others[0].alive).read_bytes() == b""


class Late:
    """A worker that is at its second attempt, and a keeper that has not heard of that: it stands.

    The second one runs until it is let go.
    """

    def __init__(self, warm: Warm, first: str = "", second: str = "") -> None:
        self.warm = warm
        gate = warm.root / "gate"
        waits = "import os, time\nwhile not os.path.exists({!r}): time.sleep(0.01)\n"
        first = waits.format(str(gate)) + first
        second += "\nprint('begun', flush=True)\n" + waits.format("last")
        self.first, self.second, self.third = in_lane(warm, "share", first, second, "print(3)")
        warm.client.spawn([self.first, self.second, self.third])
        warm.wait(self.third.key, "ahead")
        os.kill(warm.pid, signal.SIGSTOP)
        try:
            gate.touch()
            warm.printed(self.second.key)
        except BaseException:
            self.go_on()
            raise

    def go_on(self) -> None:
        os.kill(self.warm.pid, signal.SIGCONT)

    def finish(self) -> list[object]:
        """Let the second one go; return the exit codes of all."""
        Path(self.second.cwd, "last").touch()
        all_of_them = (self.first, self.second, self.third)
        return [self.warm.wait(one.key, "exited")["code"] for one in all_of_them]


def test_the_stop_of_one_that_is_over_does_not_reach_the_next(warm: Warm) -> None:
    late = Late(warm)
    warm.client.kill(late.first.key, 5.0, "cancelled", "stopped")
    late.go_on()
    assert warm.wait(late.first.key, "exited")["told"] is None
    assert late.finish() == [0, 0, 0]


def test_what_the_next_one_started_is_not_ended_as_left_by_the_first(warm: Warm) -> None:
    leaves = "import os\nos.system('sleep 600 & echo $!')"
    late = Late(warm, leaves, leaves)
    late.go_on()
    assert warm.wait(late.first.key, "exited")["leftover"]
    warm.wait(late.first.key, "cleared")
    left, helper = (int(warm.printed(one.key)) for one in (late.first, late.second))
    assert gone(left)
    assert not gone(helper)
    assert late.finish() == [0, 0, 0]
    until(lambda: gone(helper), what="the end of the helper")


def test_a_worker_that_has_much_to_say_at_once_is_heard(warm: Warm) -> None:
    lane = Lane(warm, "share")
    keeper = warm.pid
    for _ in range(200):
        assert warm.client.withdraw([lane.others[0].key]) == [lane.others[0].key]
        warm.client.spawn(lane.others)
    lane.let_go()
    assert lane.ended(lane.first)
    assert lane.ended(lane.others[0])
    assert lane.said() == ["s1"]
    assert warm.pid == keeper
    assert not gone(keeper)
