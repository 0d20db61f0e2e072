"""How the jobs as a whole are doing, looked at now and then for whoever must not wait for it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from ..model.errors import JobsError
from ..model.query import JobQuery
from ..model.status import Status
from ..service import Principal
from ..store.locks import has_runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from .backend import Backend

INTERVAL = 10.0  # seconds between looks
_EVERYBODY = Principal.all("")
_BUSY = (Status.SUBMITTED, Status.RUNNABLE, Status.STARTING, Status.RUNNING)


class Vitals(Struct, frozen=True):
    """What a look found."""

    counts: dict[str, int]  # jobs of all owners in each status
    queue_age: float  # seconds since the oldest job that waits for room was submitted; 0: none
    has_runner: bool
    head: int  # number of the newest event

    @property
    def is_busy(self) -> bool:
        """Whether jobs run, or would if there were room; those that wait for a person do not."""
        return any(self.counts[status] for status in _BUSY)


class Pulse:
    """Looks every ten seconds, and tells."""

    def __init__(self, backend: Backend, tell: Callable[[Vitals], None]) -> None:
        self._backend = backend
        self._tell = tell
        self.vitals: Vitals | None = None  # None: the store can't be read

    async def run(self) -> None:
        """Look for ever."""
        while True:
            try:
                self.vitals = await self._backend.call(self._look)
                self._tell(self.vitals)
            except (JobsError, OSError) as error:  # no more files may be open, for one
                self.vitals = None
                self._backend.log.debug("how the jobs do is not known: %s", error)
            await asyncio.sleep(INTERVAL)

    def _look(self) -> Vitals:
        service = self._backend.service
        waiting = JobQuery(status=[Status.RUNNABLE], order="oldest", limit=1)
        oldest = service.jobs.list(_EVERYBODY, waiting).items
        return Vitals(
            counts=service.jobs.counts(_EVERYBODY),
            queue_age=_age(oldest[0].created) if oldest else 0.0,
            has_runner=has_runner(service.paths),
            head=service.events.head(),
        )


def _age(created: str) -> float:
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(created)).total_seconds())
