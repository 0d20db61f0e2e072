"""Sizes and durations as people write them. MB and GB are powers of ten, MiB and GiB of two."""

from __future__ import annotations

import math
import re

_SIZES = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_TIMES = {
    "": 1.0, "ms": 0.001, "s": 1.0, "sec": 1.0, "min": 60.0, "m": 60.0,
    "h": 3600.0, "hour": 3600.0, "hours": 3600.0, "d": 86400.0, "day": 86400.0, "days": 86400.0,
}  # fmt: skip
_FORM = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*", re.IGNORECASE)


def parse_bytes(value: int | float | str, least: int = 1) -> int:
    """Return bytes for e.g. ``"4GB"``, ``"512 MiB"`` or a number of bytes.

    Raises ValueError, saying the accepted forms, for anything else and for fewer than `least`.
    """
    size = int(_parse(value, _SIZES, 'a size such as "512MB" or "4GiB"'))
    if size < least:
        raise ValueError(
            f"a size must be at least {f'{least:,} bytes' if least > 1 else 'one byte'}"
        )
    return size


def parse_duration(value: int | float | str) -> float:
    """Return seconds for e.g. ``"90s"``, ``"10min"``, ``"1.5h"`` or a number of seconds.

    Raises ValueError, saying the accepted forms, for anything else and for durations not above 0.
    """
    seconds = _parse(value, _TIMES, 'a duration such as "90s", "10min" or "1h"')
    if seconds <= 0:
        raise ValueError("a duration must be longer than 0")
    return seconds


def _parse(value: int | float | str, units: dict[str, int] | dict[str, float], want: str) -> float:
    if isinstance(value, bool):
        raise ValueError(f"expected {want}")
    try:
        number = float(value) if isinstance(value, int | float) else _read(value, units)
    except (OverflowError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"expected {want}")
    return number


def _read(text: str, units: dict[str, int] | dict[str, float]) -> float:
    match = _FORM.fullmatch(text)
    if match is None or match[2].lower() not in units:
        raise ValueError(text)
    return float(match[1]) * units[match[2].lower()]


def show_bytes(size: float) -> str:
    """Return `size` bytes for reading, e.g. ``4.1 GB`` (powers of ten)."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def show_duration(seconds: float) -> str:
    """Return `seconds` for reading: ``< 1 ms``, ``12 ms``, ``0.4 s``, ``3 min 5 s``, ``2 h``."""
    if seconds < 0.0995:
        ms = round(seconds * 1000)
        return "< 1 ms" if ms < 1 else f"{ms} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    return f"{whole // 3600} h" + (f" {whole % 3600 // 60} min" if whole % 3600 >= 60 else "")
