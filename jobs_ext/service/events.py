"""What happened, for those who follow it."""

from __future__ import annotations

from ..model.job import Event
from ..store import events as rows
from .core import Core


class Events:
    """The one table of what happened, by number."""

    def __init__(self, core: Core) -> None:
        self._store = core.store

    def head(self) -> int:
        """Return the number of the newest event; 0 before the first."""
        with self._store.read() as connection:
            return rows.head(connection)

    def since(self, seq: int, limit: int = 1000, owner: str | None = None) -> list[Event]:
        """Return up to `limit` events after number `seq`, of one owner or of everybody."""
        with self._store.read() as connection:
            return rows.since(connection, seq, limit, owner)
