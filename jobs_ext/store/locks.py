"""Locks that say who is there: servers share one of a data directory, its runner holds another."""

from __future__ import annotations

import fcntl
from pathlib import Path

from .paths import Paths


def has_server(paths: Paths) -> bool:
    """Tell whether a server uses a data directory; where it can't be known, none does."""
    try:
        return _is_held(paths.attached, "r+b", fcntl.LOCK_EX)
    except OSError:
        return False


def has_runner(paths: Paths) -> bool:
    """Tell whether a runner is at work in a data directory. Raises OSError for want of files."""
    try:  # only to look: that is possible where one can't write, and others see the same meanwhile
        return _is_held(paths.runner_lock, "rb", fcntl.LOCK_SH)
    except (FileNotFoundError, PermissionError):
        return False


def _is_held(path: Path, mode: str, how: int) -> bool:
    """Tell whether somebody holds a lock against `how`, without making its file."""
    with path.open(mode) as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
