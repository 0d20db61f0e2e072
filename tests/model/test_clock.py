from __future__ import annotations

import re

from jobs_ext.model import clock


def test_times_are_utc_with_microseconds():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", clock.now())
    assert clock.from_epoch(0) == "1970-01-01T00:00:00.000000Z"


def test_a_time_goes_to_epoch_and_back():
    text = "2026-10-25T00:30:00.123456Z"
    assert clock.from_epoch(clock.to_epoch(text)) == text
