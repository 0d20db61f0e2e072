"""Changes to jobs, gathered and written together: every one checked, every one with its event."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row

from ..model.clock import now
from ..model.events import EventType
from ..model.status import Status, check_move
from . import events
from .prepared import Updates
from .schema import job


class Changes:
    """A unit of work on job rows of one transaction; nothing is written before `flush`.

    Of a row it needs `pk`, `id`, `owner`, `batch` and `status`, as they are in the store.
    """

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._columns = Updates(job)
        self._events: list[dict[str, Any]] = []
        self._moved: dict[int, Status] = {}  # where jobs have got to, by pk

    def status(self, row: Row[Any]) -> Status:
        """Return the status of a job, the changes gathered so far included."""
        return self._moved.get(row.pk) or Status(row.status)

    def move(
        self,
        row: Row[Any],
        new: Status,
        *,
        time: str | None = None,
        data: dict[str, Any] | None = None,
        **columns: Any,
    ) -> None:
        """Move a job to another status. Raises `IllegalMove` if the table of moves forbids it."""
        old = self.status(row)
        check_move(old, new)
        self._moved[row.pk] = new
        facts = {"from": old, "status": new} | {k: v for k, v in (data or {}).items() if v}
        self.note(row, "status", time=time, data=facts, status=str(new), **columns)

    def note(
        self,
        row: Row[Any],
        type_: EventType,
        *,
        time: str | None = None,
        data: dict[str, Any] | None = None,
        **columns: Any,
    ) -> None:
        """Set columns of a job and append an event of this type."""
        self._columns.set(row.pk, **columns)
        self._events.append(
            events.entry(time or now(), type_, row.owner, job=row.id, batch=row.batch, data=data)
        )

    def flush(self) -> int:
        """Write everything and return the number of jobs that changed."""
        count = len(self._columns)
        self._columns.write(self._tx)
        events.append(self._tx, self._events)
        self._events, self._moved = [], {}
        return count
