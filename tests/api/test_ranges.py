from __future__ import annotations

import pytest

from jobs_ext.api.ranges import read_range
from jobs_ext.model.errors import RangeNotSatisfiable


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 5)),
        ("bytes=2-", (2, 10)),
        ("bytes=2-99", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=-", None),
        ("bytes=4-2", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("bytes=0-" + "9" * 5000, None),
        ("bytes=\u0661-\u0662", None),
    ],
)
def test_forms(header, span):
    assert read_range(header, 10) == span


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_behind_the_end(header):
    with pytest.raises(RangeNotSatisfiable, match="10 bytes"):
        read_range(header, 10)


def test_an_empty_file_has_no_range():
    assert read_range(None, 0) is None
    with pytest.raises(RangeNotSatisfiable):
        read_range("bytes=0-", 0)
