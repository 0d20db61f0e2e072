"""Attempts that are to be stopped, until it is certain that their processes are at nothing else.

A shared worker is stopped by its process, which runs one attempt after another: what it would go
on to is held first. If it has gone on already, the attempt is over, and its end will be heard.
"""

from __future__ import annotations

import time

from .ahead import Ahead
from .attempt import Attempt, Stop
from .register import Register

_AGAIN = 0.05  # seconds between two looks


class Stops:
    """Asked for, and not yet carried out."""

    def __init__(self, register: Register, ahead: Ahead) -> None:
        self._register = register
        self._ahead = ahead
        self._asked: dict[str, tuple[Stop, float]] = {}  # by key; monotonic: then in any case

    def ask(self, key: str, stop: Stop) -> None:
        """Ask for the end of an attempt that lives; the first time counts."""
        if key in self._register.live:
            self._asked.setdefault(key, (stop, time.monotonic() + stop[0]))

    def begin(self) -> list[Attempt]:
        """Return those to stop now; they are told why, and asked for no longer."""
        asked, self._asked = self._asked, {}
        begun = []
        for key, (stop, due) in asked.items():
            attempt = self._register.live.get(key)
            if attempt is None or attempt.told is not None:
                continue
            now = time.monotonic()
            if attempt.exited or self._ahead.hold(attempt.lane) or due <= now:
                attempt.kill_at = now + stop[0]
                attempt.told = stop[1]
                begun.append(attempt)
            else:
                self._asked[key] = stop, due
        return begun

    def tick(self) -> float | None:
        """Return the seconds until the next look, None when none is asked for."""
        return _AGAIN if self._asked else None
