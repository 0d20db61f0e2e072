"""What is said of a file that is sent."""

from __future__ import annotations

import pytest

from jobs_ext.api.sending import _media_type
from jobs_ext.model.job import Output


@pytest.mark.parametrize("kind", ["text/csv", "text/html; charset=utf-8", "application/vnd.a+b/c"])
def test_a_media_type_is_sent_as_it_was_given(kind):
    assert _media_type(Output("a", kind, 1)) == kind


@pytest.mark.parametrize(
    "kind", ["", "text", "/csv", "text/\n", "text/é", "a/" + "b" * 1000, "/" * 50_000 + "é"]
)
def test_what_is_none_or_too_long_is_sent_as_bytes(kind):
    assert _media_type(Output("a", kind, 1)) == "application/octet-stream"
