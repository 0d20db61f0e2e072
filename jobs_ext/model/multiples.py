"""Multiples of numbers as they are written: 0.3 is one of 0.1, though not in binary."""

from __future__ import annotations

import math
from fractions import Fraction

Number = int | float


def is_multiple(value: Number, by: Number) -> bool:
    """Tell whether `value` is a whole number of times `by`."""
    return _exact(value) % _exact(by) == 0


def nearest(value: Number, by: Number) -> Number:
    """Return the multiple of `by` that is nearest to `value`."""
    return _times(round(_exact(value) / _exact(by)), by)


def at_least(value: Number, by: Number, *, excluded: bool = False) -> Number:
    """Return the least multiple of `by` that is not below `value`, nor it if that is excluded."""
    times = _exact(value) / _exact(by)
    return _times(math.floor(times) + 1 if excluded else math.ceil(times), by)


def at_most(value: Number, by: Number, *, excluded: bool = False) -> Number:
    """Return the largest multiple of `by` not above `value`, nor it if that is excluded."""
    return -at_least(-value, by, excluded=excluded)


def _times(number: int, by: Number) -> Number:
    exact = number * _exact(by)
    return int(exact) if isinstance(by, int) else float(exact)


def _exact(number: Number) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))
