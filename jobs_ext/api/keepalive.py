"""Jobs under way are activity: they keep Jupyter and hubs from stopping the server as idle.

Jupyter asks extensions (`current_activity`), hubs ask when a server did something last, which is
the newest of all stamps in its settings. Looking at jobs is no activity: see `JobsHandler`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

STAMP = "jobs_ext_last_activity"  # Jupyter takes every setting that ends so


class Application(Protocol):
    """What is needed of Jupyter's web application."""

    settings: dict[str, object]

    def last_activity(self) -> datetime:
        """Return when the server did something last."""
        ...


class KeepAlive:
    """Stamps the server as active while jobs are under way.

    It does so for `longest` seconds after the last activity of any other kind, so that a job that
    never ends does not keep a forgotten server for ever.
    """

    def __init__(self, application: Application, longest: float) -> None:
        self._application = application
        self._longest = longest
        self.is_active = False

    def note(self, *, is_busy: bool) -> None:
        """Take note of whether jobs are under way now."""
        now = datetime.now(UTC)
        self.is_active = is_busy and (now - self._others()).total_seconds() < self._longest
        if self.is_active:
            self._application.settings[STAMP] = now

    def _others(self) -> datetime:
        """Return when something else than jobs was active last."""
        settings = self._application.settings
        mine = settings.pop(STAMP, None)
        try:
            return self._application.last_activity()
        finally:
            if mine is not None:
                settings[STAMP] = mine
