"""One listener's view of the events: a snapshot, then frames of what changed.

A frame holds present states, not steps: what changes twice between two frames is sent once, and
the last state is never left out. A slow client gets fewer, fuller frames.
"""

from __future__ import annotations

import asyncio
import time
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from ..model.errors import NotFound
from ..model.query import JobQuery
from ..model.view import batch_view, view_model

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..model.job import Batch, Event, Job
    from ..service.principal import Principal
    from .backend import Backend

FRAME_INTERVAL = 0.05  # seconds between frames at least: 20 a second
BATCH_INTERVAL = 0.25  # seconds between looks at the same listener's batches: counting costs
FRAME_JOBS = 200  # jobs in one frame at most; the others follow in the next
REPLAY = 5000  # events; who has missed more gets a snapshot instead
NAMED_FAILURES = 5  # failed jobs that the view of a batch names


class EventsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What to listen to; without `job` and `batch`, everything of the caller."""

    job: list[str] = []  # ids
    batch: list[str] = []  # ids
    since: Annotated[int, Meta(ge=0)] | None = None  # seq of the last frame seen
    form: Literal["job", "view"] = field(default="job", name="as")
    limit: Annotated[int, Meta(ge=1, le=500)] = 100  # newest jobs in the snapshot


class Stream:
    """Collects what changed and sends it, for as long as `run` runs."""

    def __init__(
        self,
        backend: Backend,
        who: Principal,
        query: EventsQuery,
        send: Callable[[bytes], Awaitable[None]],
    ) -> None:
        self._backend = backend
        self._who = who
        self._query = query
        self._send = send
        self._jobs: dict[str, int] = {}  # id of a changed job → seq of its first unsent event
        self._batches: dict[str, int] = {}
        self._noted = 0  # seq of the last event taken in
        self._changed = asyncio.Event()
        self._batches_due = 0.0  # monotonic time

    async def run(self) -> None:
        """Send the snapshot, or what happened since `since`, and then every change."""
        hub, scope = self._backend.hub, self._who.scope
        try:
            self._noted = await hub.listen(scope, self._note)
            if not await self._resume():
                await self._send_frame("snapshot", self._noted, *await self._snapshot())
            while True:
                await self._changed.wait()
                await self._send_changes()
                await asyncio.sleep(FRAME_INTERVAL)
        finally:
            hub.leave(scope, self._note)

    def _note(self, events: list[Event]) -> None:
        for event in events:
            if event.job and self._wants(event.job, self._query.job):
                self._jobs.setdefault(event.job, event.seq)
            if event.batch and self._wants(event.batch, self._query.batch):
                self._batches.setdefault(event.batch, event.seq)
        self._noted = max(self._noted, events[-1].seq)
        if self._jobs or self._batches:
            self._changed.set()

    def _wants(self, one: str, named: list[str]) -> bool:
        everything = not (self._query.job or self._query.batch)
        return everything or one in named

    async def _resume(self) -> bool:
        """Take in what happened since the client was last here; False when that is too much."""
        since = self._query.since
        if since is None or since > self._noted:  # later than now: of another store
            return False
        events = self._backend.service.events
        missed = await self._backend.call(events.since, since, REPLAY + 1, self._who.scope)
        if len(missed) > REPLAY:
            return False
        if missed:
            self._note(missed)
        return True

    async def _snapshot(self) -> tuple[list[Job], list[Batch]]:
        """Return what the client sees first; raises `NotFound` for an id it may not see."""
        call, service, who = self._backend.call, self._backend.service, self._who
        if self._query.job or self._query.batch:
            jobs = [await call(service.jobs.get, who, one) for one in self._query.job]
            return jobs, [await call(service.batches.get, who, one) for one in self._query.batch]
        newest = JobQuery(limit=self._query.limit)
        jobs = (await call(service.jobs.list, who, newest)).items
        return jobs, (await call(service.batches.list, who, self._query.limit)).items

    async def _send_changes(self) -> None:
        ids = list(islice(self._jobs, FRAME_JOBS))
        jobs = await self._fetch_jobs(ids)
        batches, gone = await self._fetch_batches()
        gone += sorted(set(ids) - {job.id for job in jobs})
        unsent = [*self._jobs.values(), *self._batches.values()]
        seq = min(unsent) - 1 if unsent else self._noted
        if not unsent:
            self._changed.clear()
        if jobs or batches or gone:
            await self._send_frame("changes", seq, jobs, batches, deleted=gone)

    async def _fetch_jobs(self, ids: list[str]) -> list[Job]:
        for one in ids:  # taken off first: what changes during the look comes with the next frame
            del self._jobs[one]
        if not ids:
            return []
        query = JobQuery(ids=ids, limit=FRAME_JOBS)
        return (await self._backend.call(self._backend.service.jobs.list, self._who, query)).items

    async def _fetch_batches(self) -> tuple[list[Batch], list[str]]:
        if not self._batches or time.monotonic() < self._batches_due:
            return [], []
        ids, self._batches = list(self._batches), {}
        self._batches_due = time.monotonic() + BATCH_INTERVAL
        found, gone = [], []
        for one in ids:
            try:
                found.append(
                    await self._backend.call(self._backend.service.batches.get, self._who, one)
                )
            except NotFound:
                gone.append(one)
        return found, gone

    async def _send_frame(
        self, kind: str, seq: int, jobs: list[Job], batches: list[Batch], **more: Any
    ) -> None:
        if kind == "snapshot":
            more["server"] = self._backend.service.fingerprint
        shown = {"jobs": jobs, "batches": batches}
        if self._query.form == "view":
            shown = {
                "jobs": [view_model(job) for job in jobs],
                "batches": [await self._view(batch) for batch in batches],
            }
        await self._send(msgspec.json.encode({"type": kind, "seq": seq, **shown, **more}))

    async def _view(self, batch: Batch) -> dict[str, Any]:
        failed = await self._backend.call(
            self._backend.service.batches.failed, self._who, batch.id, NAMED_FAILURES
        )
        return batch_view(batch, failed)
