"""A drill that can't fail proves nothing: the judge finds each forged defect, and no other."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.crash.judge import Facts, judge
from tests.crash.killer import Kill
from tests.crash.ledger import Run
from tests.crash.load import Accepted

JOB = "01a20000-0000-7000-8000-000000000001"
DAY = "2026-10-01T09:30:"
NOON = 1790847000.0  # the epoch at that minute


def row(status: str = "SUCCEEDED", number: int = 1, **more: Any) -> dict[str, Any]:
    facts = {"reason_code": None, "reason": None, "exit_code": 0, "signal": None}
    facts |= {"start": f"{DAY}01.000000Z", "stop": f"{DAY}03.000000Z"}
    return {"number": number, "status": status, **facts, **more}


LOST = row("FAILED", reason_code="lost", exit_code=None)


def events(*statuses: str) -> list[dict[str, Any]]:
    steps = itertools.pairwise(statuses)
    moves = [{"from": old, "status": new} for old, new in steps]
    return [{"seq": n, "type": "status", "data": data} for n, data in enumerate(moves, 1)]


def run(attempt: int = 1, **more: Any) -> Run:
    facts = {"pid": 100 + attempt, "start": 10.0, "end": 12.0, "ended": NOON + 2, "code": 0}
    return Run(JOB, attempt, **(facts | more))


def facts() -> Facts:
    """One job, accepted, run once, and SUCCEEDED."""
    return Facts(
        accepted=[Accepted("key", {JOB}, 1, False, 0, "fail")],
        jobs={"key": [{"id": JOB, "status": "SUCCEEDED", "attempts": [row()]}]},
        history={JOB: events("RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED")},
        runs=[run()],
        kills=[],
    )


def of_two(on_lost: str, retries: int) -> Facts:
    """One job that was started again after its first attempt was lost."""
    found = facts()
    found.accepted = [Accepted("key", {JOB}, 1, False, retries, on_lost)]
    found.jobs["key"][0]["attempts"] = [LOST, row(number=2)]
    found.runs = [run(end=None, ended=None, code=None), run(2, start=13.0, end=14.0)]
    found.kills = [Kill(1, "keeper", "keeper", 7, 11.0, 4)]
    steps = ("RUNNABLE", "STARTING", "RUNNING", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
    found.history[JOB] = events(*steps, "SUCCEEDED")
    return found


def test_nothing_is_wrong_with_what_is_right() -> None:
    assert judge(facts()) == []
    assert judge(of_two("retry", 0)) == []


def lost_job(f: Facts) -> None:
    f.jobs["key"] = []
    f.runs = []


def never_ended(f: Facts) -> None:
    f.jobs["key"][0]["status"] = "RUNNABLE"
    f.jobs["key"][0]["attempts"], f.runs = [], []
    f.history[JOB] = []


def two_of_one_key(f: Facts) -> None:
    f.accepted[0].ids.add("another")


def run_beside_itself(f: Facts) -> None:
    f.runs[0].twin = True


def started_twice(f: Facts) -> None:
    f.runs.append(run(pid=999))


def unknown_attempt(f: Facts) -> None:
    f.runs.append(run(2))


def false_success(f: Facts) -> None:
    f.runs[0].code = 3


def success_without_an_end(f: Facts) -> None:
    f.runs[0].end = f.runs[0].ended = f.runs[0].code = None


def success_without_a_start(f: Facts) -> None:
    f.runs = []


def false_failure(f: Facts) -> None:
    f.jobs["key"][0]["attempts"] = [row("FAILED", reason_code="exit_code", exit_code=3)]
    f.jobs["key"][0]["status"] = "FAILED"
    f.history[JOB] = events("RUNNABLE", "STARTING", "RUNNING", "FAILED")


def killed_by_nobody(f: Facts) -> None:
    false_failure(f)
    f.jobs["key"][0]["attempts"] = [row("FAILED", reason_code="signal", signal=9)]


def lost_without_a_death(f: Facts) -> None:
    false_failure(f)
    f.jobs["key"][0]["attempts"] = [LOST]
    f.kills = [Kill(1, "keeper", "keeper", 7, 60.0, 4)]


def lost_and_still_running(f: Facts) -> None:
    lost_without_a_death(f)
    f.kills = [Kill(1, "keeper", "keeper", 7, 11.0, 4)]
    f.runs[0].ended = NOON + 5


def cancelled_by_nobody(f: Facts) -> None:
    false_failure(f)
    f.jobs["key"][0] |= {"status": "CANCELLED", "attempts": [row("CANCELLED")]}
    f.history[JOB] = events("RUNNABLE", "STARTING", "RUNNING", "CANCELLED")


def illegal_move(f: Facts) -> None:
    f.history[JOB] = events("RUNNABLE", "RUNNING", "SUCCEEDED")


def events_out_of_order(f: Facts) -> None:
    f.history[JOB][1]["seq"] = 1


def history_of_another_end(f: Facts) -> None:
    f.history[JOB] = events("RUNNABLE", "STARTING", "RUNNING", "FAILED")


def orphan(f: Facts) -> None:
    f.orphans = ["pid 5"]


def zombie(f: Facts) -> None:
    f.zombies = ["pid 6"]


@pytest.mark.parametrize(
    ("forge", "complaint"),
    [
        (lost_job, "1 jobs were accepted, 0 are there"),
        (never_ended, "is RUNNABLE"),
        (two_of_one_key, "the same key made"),
        (run_beside_itself, "ran beside another attempt"),
        (started_twice, "was started 2 times"),
        (unknown_attempt, "is not among the attempts"),
        (false_success, "the ledger says 3"),
        (success_without_an_end, "the ledger says None"),
        (success_without_a_start, "the ledger says None"),
        (false_failure, "the ledger says 0"),
        (killed_by_nobody, "nobody killed it"),
        (lost_without_a_death, "no keeper was killed while it ran"),
        (lost_and_still_running, "it still ran"),
        (cancelled_by_nobody, "nobody asked for it"),
        (illegal_move, "went from RUNNABLE"),
        (events_out_of_order, "out of order"),
        (history_of_another_end, "its history ends at FAILED"),
        (orphan, "an orphan"),
        (zombie, "a zombie"),
    ],
)
def test_a_forged_defect_is_found(forge: Callable[[Facts], None], complaint: str) -> None:
    found = facts()
    forge(found)
    assert complaint in " ".join(judge(found))


@pytest.mark.parametrize(("on_lost", "retries"), [("fail", 0), ("fail", 2)])
def test_a_second_start_that_no_policy_asked_for(on_lost: str, retries: int) -> None:
    assert "was started after FAILED lost" in " ".join(judge(of_two(on_lost, retries)))
