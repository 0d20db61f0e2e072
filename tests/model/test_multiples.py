from __future__ import annotations

import pytest

from jobs_ext.model.multiples import at_least, at_most, is_multiple, nearest


def test_numbers_are_taken_as_they_are_written():
    assert is_multiple(0.3, 0.1)
    assert not is_multiple(0.31, 0.1)
    assert nearest(0.31, 0.1) == 0.3
    assert nearest(2.6, 1) == 3


@pytest.mark.parametrize(
    ("value", "by", "excluded", "least", "most"),
    [(7, 5, False, 10, 5), (5, 5, False, 5, 5), (5, 5, True, 10, 0), (0.25, 0.1, False, 0.3, 0.2)],
)
def test_the_multiples_next_to_a_bound(value, by, excluded, least, most):
    assert at_least(value, by, excluded=excluded) == least
    assert at_most(value, by, excluded=excluded) == most
