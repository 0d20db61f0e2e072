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


def compare(ours: Measure, peer: Measure, names: tuple[str, str], limit: float, runs: int) -> int:
    """Measure both `runs` times in turns, print medians and ratio; return 1 if over `limit`.

    The ratio is that of the medians, so that a single disturbed run weighs nothing.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        times[0].append(ours())
        times[1].append(peer())
    for name, taken in zip(names, times, strict=True):
        print(f"{name:32} {median(taken) * 1000:8.1f} ms   (median of {runs})")
    ratio = median(times[0]) / median(times[1])
    print(f"{'ratio':32} {ratio:8.2f}      (must be below {limit})")
    return int(ratio >= limit)
