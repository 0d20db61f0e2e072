from __future__ import annotations

import pytest

from jobs_ext.model.status import FINAL, MOVES, IllegalMove, Status, check_move


def test_every_status_has_its_row():
    assert set(MOVES) == set(Status)


def test_final_statuses_go_nowhere_but_for_reset():
    assert MOVES[Status.SUCCEEDED] == frozenset()
    assert MOVES[Status.CANCELLED] == frozenset()
    assert MOVES[Status.FAILED] == {Status.RUNNABLE}
    assert all(status.final == (status in FINAL) for status in Status)


def test_every_status_that_is_not_final_can_fail_and_be_cancelled():
    for status in set(Status) - FINAL:
        assert {Status.FAILED, Status.CANCELLED} <= MOVES[status]


def test_success_comes_from_running_or_from_an_equal_job():
    able = [s for s in Status if Status.SUCCEEDED in MOVES[s]]
    assert able == [Status.SUBMITTED, Status.RUNNING]


def test_an_illegal_move_is_refused_by_name():
    check_move(Status.RUNNABLE, Status.STARTING)
    with pytest.raises(IllegalMove, match="SUCCEEDED to RUNNING"):
        check_move(Status.SUCCEEDED, Status.RUNNING)
