"""Wall-clock times as the API writes them: UTC, ISO 8601, microseconds, ending in ``Z``."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Return the present time, e.g. ``2026-10-01T09:30:00.123456Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_epoch(seconds: float) -> str:
    """Return the time `seconds` after the Unix epoch."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def to_epoch(text: str) -> float:
    """Return the Unix time in seconds of a time written by this module."""
    return datetime.fromisoformat(text).timestamp()
