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

    def news(self, seq: int, limit: int, owner: str | None) -> tuple[list[Event], int]:
        """Return what `since` does, and the number to go on from: of the newest event of all.

        When there is more than `limit`, it is that of the last event returned.
        """
        with self._store.read() as connection:
            new = rows.since(connection, seq, limit, owner)
            more = len(new) == limit
            return new, new[-1].seq if more else max(seq, rows.head(connection))
