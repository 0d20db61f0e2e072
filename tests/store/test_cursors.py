from __future__ import annotations

import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.store import cursors


def test_a_cursor_comes_back():
    assert cursors.decode(cursors.encode("newest", 41), "newest") == 41


@pytest.mark.parametrize("bad", ["", "!", "x" * 50, "WyJuZXdlc3Qi", "é", cursors.encode("a", 1)])
def test_anything_else_is_refused(bad):
    with pytest.raises(InvalidRequest) as caught:
        cursors.decode(bad, "newest")
    assert caught.value.field == "cursor"
    assert caught.value.value == bad


def test_a_position_no_row_can_have_is_refused():
    with pytest.raises(InvalidRequest):
        cursors.decode(cursors.encode("newest", 2**64), "newest")
