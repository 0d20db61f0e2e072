"""Changes of status on Jupyter's event bus, for other extensions.

Everyone who is subscribed to the bus sees every event on it, so it carries ids and statuses only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_events import EventLogger

    from ..model.job import Event

SCHEMA_ID = "https://jobs-ext.readthedocs.io/events/job-status"
SCHEMA_FILE = Path(__file__).parents[1] / "events" / "job-status.yaml"

_LISTENERS = ("_modified_listeners", "_unmodified_listeners")


class Notices:
    """Emits each change of a job's status."""

    def __init__(self, event_logger: EventLogger) -> None:
        self._logger = event_logger
        self._logger.register_event_schema(SCHEMA_FILE)

    def wanted(self) -> bool:
        """Tell whether anybody listens: without, the events need not be read.

        The bus has no public question for that; one that keeps its listeners elsewhere is taken
        to have some.
        """
        kept = (getattr(self._logger, name, None) for name in _LISTENERS)
        return bool(self._logger.handlers) or any(
            by_schema is None or bool(by_schema.get(SCHEMA_ID)) for by_schema in kept
        )

    def note(self, events: list[Event]) -> None:
        """Emit those of `events` that are changes of status; must run on the event loop."""
        for event in events:
            if event.type == "status" and event.job is not None:
                data = {
                    "seq": event.seq,
                    "time": event.time,
                    "job": event.job,
                    "batch": event.batch,
                    "status": event.data["status"],
                }
                self._logger.emit(schema_id=SCHEMA_ID, data=data)
