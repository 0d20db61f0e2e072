"""Who gives way to what computes: the keeper's first thread, and no attempt."""

from __future__ import annotations

import os
import sys

import pytest

from tests.runner.warm import Warm, in_lane

POLICY = "import os; print(os.sched_getscheduler(0))"


def test_the_keeper_gives_way_and_no_attempt_does(warm: Warm) -> None:
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        pytest.skip("whoever runs this gives way by itself")
    lane = [warm.order(f"c{n}/1", [sys.executable, "-c", POLICY]) for n in range(3)]
    warm.client.spawn([*lane, *in_lane(warm, "share", POLICY, POLICY)])
    warm.client.spawn([warm.fork("f/1", POLICY)])
    for key in ("c0/1", "c1/1", "c2/1", "s0/1", "s1/1", "f/1"):
        assert warm.wait(key, "exited")["code"] == 0
        assert int((warm.root / key / "stdout").read_text()) == os.SCHED_OTHER, key
    assert os.sched_getscheduler(warm.pid) == os.SCHED_BATCH
