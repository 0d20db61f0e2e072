"""What a check says."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Level = Literal["ok", "warning", "error"]


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    check: str  # what was looked at: server, folder, store, runner, …
    level: Level  # error: jobs can't run, or may be lost; warning: something to know
    what: str  # what was found
    why: str = ""  # why it matters
    todo: str = ""  # what to do


def ok(check: str, what: str) -> Finding:
    """Return that nothing is wrong."""
    return Finding(check, "ok", what)


def warning(check: str, what: str, why: str, todo: str) -> Finding:
    """Return something to know."""
    return Finding(check, "warning", what, why, todo)


def error(check: str, what: str, why: str, todo: str) -> Finding:
    """Return something that keeps jobs from running, or may lose them."""
    return Finding(check, "error", what, why, todo)
