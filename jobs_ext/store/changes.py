"""Changes to jobs, gathered and written together: every one checked, every one with its event."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, bindparam, update

from ..model.clock import now
from ..model.status import Status, check_move
from . import events
from .schema import job

_MUTABLE = (
    "status",
    "stage",
    "reason_code",
    "reason",
    "progress",
    "started",
    "stopped",
    "deleted",
    "cancel_requested",
    "held",
    "not_before",
)
_UPDATE = (
    update(job)
    .where(job.c.pk == bindparam("of_pk"))
    .values({name: bindparam(f"new_{name}") for name in _MUTABLE})
)


class Changes:
    """A unit of work on job rows of one transaction; nothing is written before `flush`."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._states: dict[int, dict[str, Any]] = {}
        self._events: list[dict[str, Any]] = []

    def status(self, row: Row[Any]) -> Status:
        """Return the status of a job, the changes gathered so far included."""
        return Status(self._state(row)["new_status"])

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
        facts = {"from": old, "status": new} | {k: v for k, v in (data or {}).items() if v}
        self.note(row, "status", time=time, data=facts, status=str(new), **columns)

    def note(
        self,
        row: Row[Any],
        type_: str,
        *,
        time: str | None = None,
        data: dict[str, Any] | None = None,
        **columns: Any,
    ) -> None:
        """Set columns of a job and append an event of this type."""
        self._state(row).update({f"new_{name}": value for name, value in columns.items()})
        self._events.append(
            events.entry(time or now(), type_, row.owner, job=row.id, batch=row.batch, data=data)
        )

    def flush(self) -> int:
        """Write everything and return the number of jobs that changed."""
        if self._states:
            self._tx.execute(_UPDATE, list(self._states.values()))
        events.append(self._tx, self._events)
        count = len(self._states)
        self._states, self._events = {}, []
        return count

    def _state(self, row: Row[Any]) -> dict[str, Any]:
        state = self._states.get(row.pk)
        if state is None:
            values = row._mapping
            state = {f"new_{name}": values[name] for name in _MUTABLE} | {"of_pk": row.pk}
            self._states[row.pk] = state
        return state
