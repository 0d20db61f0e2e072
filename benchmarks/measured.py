"""Two ways to do the same, measured in turns, and their ratio."""

from __future__ import annotations

import compileall
from collections.abc import Callable
from pathlib import Path
from statistics import median

Measure = Callable[[], float]  # returns seconds


def compile_ours() -> None:
    """Compile the package in this checkout to byte code, as an installation does.

    Python may be told not to do it by itself (PYTHONDONTWRITEBYTECODE).
    """
    compileall.compile_dir(Path(__file__).resolve().parents[1] / "jobs_ext", quiet=1)


def in_turns(ours: Measure, peer: Measure, runs: int) -> tuple[float, float]:
    """Measure both `runs` times in turns and return their medians.

    So a single disturbed run weighs nothing, and what disturbs longer disturbs both.
    """
    times = [(ours(), peer()) for _ in range(runs)]
    return median(one for one, _ in times), median(other for _, other in times)


def compare(ours: Measure, peer: Measure, names: tuple[str, str], limit: float, runs: int) -> int:
    """Measure both in turns, print medians and ratio; return 1 if it is not below `limit`."""
    taken = in_turns(ours, peer, runs)
    show(names, taken, runs)
    ratio = taken[0] / taken[1]
    print(f"{'ratio':32} {ratio:8.2f}      (must be below {limit})")
    return int(ratio >= limit)


def show(names: tuple[str, str], taken: tuple[float, float], runs: int) -> None:
    """Print what was measured, in milliseconds."""
    for name, seconds in zip(names, taken, strict=True):
        print(f"{name:32} {seconds * 1000:8.1f} ms   (median of {runs})")
