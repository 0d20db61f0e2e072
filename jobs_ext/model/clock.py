"""Wall-clock times as the API writes them: UTC, ISO 8601, microseconds, ending in ``Z``."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Return the present time, e.g. ``2026-10-01T09:30:00.123456Z``."""
    return _written(datetime.now(UTC))


def from_epoch(seconds: float) -> str:
    """Return the time `seconds` after the Unix epoch."""
    return _written(datetime.fromtimestamp(seconds, UTC))


def _written(time: datetime) -> str:
    """Return a time in UTC; by `strftime` that takes twice as long."""
    return time.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def to_epoch(text: str) -> float:
    """Return the Unix time in seconds of a time written by this module."""
    return datetime.fromisoformat(text).timestamp()
