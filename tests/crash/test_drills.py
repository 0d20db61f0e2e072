"""The whole drill at a small size. At full size: ``make drills``."""

from __future__ import annotations

import pytest

from tests.crash.drills import drill


@pytest.mark.timeout(300)
def test_nothing_is_lost_under_an_outside_killer() -> None:
    report = drill(rounds=4, seed=20261122)
    assert not report.complaints, str(report)
    assert len(report.facts.runs) > 20, str(report)
