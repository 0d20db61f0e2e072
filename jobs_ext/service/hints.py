"""Hints: what to do instead."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 12
_LONGEST = 200  # characters of a name that is still compared: comparing takes its square


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the nearest of the known names as a question, else the known names."""
    names = sorted(known)
    by_lower = {one.lower(): one for one in reversed(names)}
    wanted = name.lower() if len(name) <= _LONGEST else ""
    near = [by_lower[one] for one in get_close_matches(wanted, by_lower, n=3, cutoff=0.6)]
    if near:
        return f"Did you mean {' or '.join(repr(n) for n in near)}?"
    return f"Known: {listed(names)}." if names else "There are none."


def listed(values: Iterable[object]) -> str:
    """Return values with commas, the first dozen of them."""
    texts = [str(value) for value in values]
    more = [f"and {len(texts) - _SHOWN} more"] if len(texts) > _SHOWN else []
    return ", ".join(texts[:_SHOWN] + more)
