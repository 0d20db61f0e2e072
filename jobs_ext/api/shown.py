"""What many listeners are told of the same jobs and batches: read and encoded once for all."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Raw, Struct

from ..model.errors import NotFound
from ..model.query import JobQuery
from ..model.status import Status
from ..model.view import batch_view, view_model

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from ..model.job import Batch, Job
    from ..service.principal import Principal
    from .backend import Backend

    Look = Callable[[list[str]], Awaitable[Mapping[str, object]]]

Form = Literal["job", "view"]

_REMEMBERED = 500  # jobs, and batches


class _Kept(Struct, frozen=True):
    """What a look told that had seen every event up to `seq`; None: there is no such thing."""

    seq: int
    told: Raw | None


class Shown:
    """The jobs or batches of one scope in one form.

    `look` returns by id what is to be told, without those that are not there.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._turn = asyncio.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def get(self, wanted: Mapping[str, int]) -> dict[str, Raw | None]:
        """Return JSON by id, None for what is not there.

        It tells at least of the event whose seq `wanted` gives for the id. Of listeners who ask
        together the first looks, and the others find what they want too.
        """
        if not self._stale(wanted):  # as for all listeners but the first: nothing to queue up for
            return self._told(wanted)
        async with self._turn:
            if stale := self._stale(wanted):
                found = await self._look(stale)
                for one in stale:
                    told = Raw(msgspec.json.encode(found[one])) if one in found else None
                    self._kept[one] = _Kept(max(wanted.values()), told)
                    self._kept.move_to_end(one)
            told_now = self._told(wanted)
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
            return told_now

    def _stale(self, wanted: Mapping[str, int]) -> list[str]:
        kept = self._kept
        return [one for one, seq in wanted.items() if one not in kept or kept[one].seq < seq]

    def _told(self, wanted: Mapping[str, int]) -> dict[str, Raw | None]:
        return {one: self._kept[one].told for one in wanted}


class Views:
    """The jobs and batches that one scope sees, as the API says them or as they are drawn."""

    def __init__(self, backend: Backend, who: Principal, form: Form) -> None:
        self._backend = backend
        self._who = who
        self._form = form
        self.jobs = Shown(self._look_at_jobs)
        self.batches = Shown(self._look_at_batches)

    def job(self, job: Job) -> Job | dict[str, Any]:
        """Return what is told of a job."""
        return view_model(job) if self._form == "view" else job

    async def batch(self, batch: Batch) -> Batch | dict[str, Any]:
        """Return what is told of a batch."""
        if self._form == "job":
            return batch
        if not batch.counts[Status.FAILED]:
            return batch_view(batch, [])
        look = self._backend.service.batches.failures
        return batch_view(batch, await self._backend.glance(look, self._who, batch.id))

    async def _look_at_jobs(self, ids: list[str]) -> dict[str, object]:
        query = JobQuery(ids=ids, limit=len(ids))
        page = await self._backend.glance(self._backend.service.jobs.list, self._who, query)
        return {job.id: self.job(job) for job in page.items}

    async def _look_at_batches(self, ids: list[str]) -> dict[str, object]:
        found: dict[str, object] = {}
        for one in ids:
            with suppress(NotFound):
                get = self._backend.service.batches.get
                found[one] = await self.batch(await self._backend.glance(get, self._who, one))
        return found
