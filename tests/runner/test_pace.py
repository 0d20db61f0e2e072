"""How many jobs of a batch may wait in a lane."""

from __future__ import annotations

import pytest

from jobs_ext.runner.pace import Pace


def paced(*seconds: float) -> Pace:
    pace = Pace()
    for one in seconds:
        pace.note("b", one)
    return pace


@pytest.mark.parametrize(
    ("seconds", "depth"),
    [
        ([0.05] * 4, 10),
        ([0.0] * 4, 250),
        ([0.05, 0.05, 0.05, 0.1], 5),
        ([0.9] + [0.05] * 8, 10),
    ],
)
def test_half_a_second_of_work_by_the_longest_of_the_last(seconds: list[float], depth: int) -> None:
    assert paced(*seconds).depths() == {"b": depth}


@pytest.mark.parametrize("seconds", [[0.01] * 3, [0.01] * 3 + [0.3], [0.01] * 8 + [0.5], []])
def test_nobody_waits_where_little_is_known_or_one_was_long(seconds: list[float]) -> None:
    assert paced(*seconds).depths() == {}


def test_only_the_latest_batches_are_remembered() -> None:
    pace = paced(*[0.01] * 4)
    for n in range(64):
        pace.note(str(n), 0.01)
    assert pace.depths() == {}
