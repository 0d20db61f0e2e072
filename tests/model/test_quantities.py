from __future__ import annotations

import pytest

from jobs_ext.model.quantities import parse_bytes, parse_duration, show_bytes, show_duration

ENDLESS = ["9" * 400, 10**400, float("inf"), float("nan")]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4GB", 4_000_000_000),
        ("4GiB", 4 * 2**30),
        ("512 MB", 512_000_000),
        ("1.5kb", 1500),
        ("7", 7),
        (1024, 1024),
    ],
)
def test_sizes(text, size):
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    "wrong", ["", "GB", "4 potatoes", "-1MB", "1e3", "0", 0, True, "4GB!", *ENDLESS]
)
def test_wrong_sizes_say_what_is_expected(wrong):
    with pytest.raises(ValueError, match="size"):
        parse_bytes(wrong)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10min", 600), ("1.5h", 5400), ("250ms", 0.25), ("2 days", 172800), (3, 3)],
)
def test_durations(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("wrong", ["", "soon", "-5s", "0", 0, "10 mins ago", False, *ENDLESS])
def test_wrong_durations_say_what_is_expected(wrong):
    with pytest.raises(ValueError, match="duration"):
        parse_duration(wrong)


def test_showing():
    assert show_bytes(999) == "999 B"
    assert show_bytes(4_100_000_000) == "4.1 GB"
    assert show_bytes(2.5e12) == "2.5 TB"
    assert show_duration(0.0004) == "< 1 ms"
    assert show_duration(0.0123) == "12 ms"
    assert show_duration(0.0996) == "0.1 s"
    assert show_duration(0.44) == "0.4 s"
    assert show_duration(9.97) == "10 s"
    assert show_duration(59.4) == "59 s"
    assert show_duration(185) == "3 min 5 s"
    assert show_duration(3600) == "1 h"
    assert show_duration(7800) == "2 h 10 min"
