"""One listener's view of the events: a snapshot, then frames of what changed.

A frame holds present states, not steps: what changes twice between two frames is sent once, and
the last state is never left out. A slow client gets fewer, fuller frames.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from ..model.query import JobQuery
from .hub import FRAME_INTERVAL
from .shown import Form, Views

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from msgspec import Raw

    from ..model.job import Batch, Event, Job
    from ..service.principal import Principal
    from .backend import Backend

BATCH_INTERVAL = 0.25  # seconds between looks at the same listener's batches: counting costs
FRAME_JOBS = 200  # jobs in one frame at most; the others follow in the next
LONGEST_GAP = 100_000  # events of all owners among which missed ones are looked for
REPLAY = 5000  # events; who has missed more gets a snapshot instead


class EventsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What to listen to; without `job` and `batch`, everything of the caller."""

    job: list[str] = []  # ids
    batch: list[str] = []  # ids
    members: bool = False  # with `batch`: tells the changes of their jobs, too
    since: Annotated[int, Meta(ge=0)] | None = None  # seq of the last frame seen
    form: Form = field(default="job", name="as")  # whole jobs, or "view": as they are drawn
    limit: Annotated[int, Meta(ge=1, le=500)] = 100  # newest jobs in the snapshot


class _Unsent:
    """The things that changed since they were sent: the first and the last event of each."""

    def __init__(self) -> None:
        self._seqs: dict[str, tuple[int, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._seqs)

    @property
    def first(self) -> int | None:
        """The seq of the first event of all."""
        return min((first for first, _ in self._seqs.values()), default=None)

    def note(self, one: str, seq: int) -> None:
        """Note an event."""
        known = self._seqs.get(one)
        self._seqs[one] = (seq, seq) if known is None else (min(known[0], seq), max(known[1], seq))

    def take(self, limit: int | None) -> dict[str, int]:
        """Return up to `limit` things with the seq of the last event of each, as if sent.

        They are taken off first: what changes during the look comes with the next frame.
        """
        ids = list(islice(self._seqs, limit))
        return {one: self._seqs.pop(one)[1] for one in ids}


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
        self._views = Views(backend, who, query.form)  # until it listens, and shares them
        self._jobs = _Unsent()
        self._batches = _Unsent()
        self._noted = 0  # seq of the last event taken in
        self._changed = asyncio.Event()
        self._batches_due = 0.0  # monotonic time

    async def run(self) -> None:
        """Send the snapshot, or what happened since `since`, and then every change."""
        hub, scope = self._backend.hub, self._who.scope
        try:
            self._noted = await hub.listen(scope, self._note)
            self._views = hub.views(self._who, self._query.form)
            if not await self._resume():
                await self._send_snapshot()
            while True:
                await self._wait()
                await self._send_changes()
        finally:
            hub.leave(scope, self._note)

    async def _wait(self) -> None:
        """Wait until there is something to send.

        New events come at the pace of the hub, to all listeners together: a listener that kept a
        pace of its own would wait twice.
        """
        if self._jobs:  # more than one frame holds
            await asyncio.sleep(FRAME_INTERVAL)
            return
        left = max(0.0, self._batches_due - time.monotonic()) if self._batches else None
        with suppress(TimeoutError):
            async with asyncio.timeout(left):  # Python 3.11's wait_for may lose a cancellation
                await self._changed.wait()

    def _note(self, events: list[Event]) -> None:
        jobs, batches = self._query.job, self._query.batch
        everything = not (jobs or batches)
        for event in events:
            member = self._query.members and event.batch in batches
            if event.job and (everything or member or event.job in jobs):
                self._jobs.note(event.job, event.seq)
            if event.batch and (everything or event.batch in batches):
                self._batches.note(event.batch, event.seq)
        self._noted = max(self._noted, events[-1].seq)
        self._changed.set()

    async def _resume(self) -> bool:
        """Take in what happened since the client was last here; False when that is too much."""
        since = self._query.since
        if since is None or since > self._noted:  # later than now: of another store
            return False
        events = self._backend.service.events
        if self._noted - since > LONGEST_GAP:
            return False
        missed = await self._backend.call(events.since, since, REPLAY + 1, self._who.scope)
        if len(missed) > REPLAY:
            return False
        if missed:
            self._note(missed)
        return True

    async def _send_snapshot(self) -> None:
        seq = self._noted
        jobs, batches = await self._snapshot()
        told = [self._views.job(job) for job in jobs]
        server = self._backend.service.fingerprint
        shown = [await self._views.batch(batch) for batch in batches]
        await self._send_frame("snapshot", seq, told, shown, server=server)

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
        self._changed.clear()
        jobs = await self._views.jobs.get(self._jobs.take(FRAME_JOBS))
        batches: dict[str, Raw | None] = {}
        if self._batches and time.monotonic() >= self._batches_due:
            batches = await self._views.batches.get(self._batches.take(None))
            self._batches_due = time.monotonic() + BATCH_INTERVAL
        unsent = [first for first in (self._jobs.first, self._batches.first) if first is not None]
        if jobs or batches:
            seq = min(unsent) - 1 if unsent else self._noted
            gone = [one for one, told in (batches | jobs).items() if told is None]
            await self._send_frame("changes", seq, _there(jobs), _there(batches), deleted=gone)

    async def _send_frame(
        self, kind: str, seq: int, jobs: Sequence[object], batches: Sequence[object], **more: Any
    ) -> None:
        frame = {"type": kind, "seq": seq, "jobs": jobs, "batches": batches, **more}
        await self._send(msgspec.json.encode(frame))


def _there(shown: Mapping[str, Raw | None]) -> list[Raw]:
    return [told for told in shown.values() if told is not None]
