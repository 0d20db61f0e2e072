"""The whole drill at a small size: ``make drills`` is the full one.

The seed kills runner and keeper, the server, and the keeper and a job.
"""

from __future__ import annotations

import pytest

from tests.crash.drills import drill


@pytest.mark.timeout(300)
def test_nothing_is_lost_under_an_outside_killer() -> None:
    report = drill(rounds=3, seed=242)
    assert not report.complaints, str(report)
    assert len(report.facts.runs) > 20, str(report)
