"""Feeds of events: nobody who listens misses one."""

from __future__ import annotations

import asyncio

import pytest

from jobs_ext.api.hub import Hub
from tests.waiting import auntil


async def test_what_nobody_wants_is_not_read(api, extension, monkeypatch):
    hub, read, wanted = extension.backend.hub, [], []
    await auntil(lambda: None in hub._feeds, what="the backend to run")
    feed = hub._feeds[None]
    monkeypatch.setattr(type(extension.backend.service.events), "news", lambda *a: read.append(a))
    await api.submit(["true"], hold=True)
    head = extension.backend.service.events.head()
    await auntil(lambda: feed.cursor == head, what="the end of the events, without a look at them")
    assert not read
    monkeypatch.undo()
    heard = []
    hub.add(None, heard.extend, lambda: bool(wanted))
    await feed.read()
    wanted.append("from now on")
    job = await api.submit(["true"], hold=True)
    await auntil(lambda: [e for e in heard if e.job == job["id"]], what="the events of the job")
    assert min(e.seq for e in heard) > head


async def test_what_others_may_see_only_is_looked_at_once(api, extension):
    hub = extension.backend.hub
    feed = hub.add("nobody", lambda _: None)
    await feed.read()
    await api.submit(["true"], hold=True)
    head = extension.backend.service.events.head()
    await feed.read()
    assert feed.cursor >= head


async def test_who_comes_while_the_last_one_goes_misses_nothing(api, extension):
    hub, heard = extension.backend.hub, []
    listener = heard.extend
    owner = (await api("GET", "")).json["owner"]

    def first(events):
        """Listen, and go when somebody else is just coming."""

    feed = hub.add(owner, first)
    async with feed._turn:  # the newcomer has to wait for its first look
        coming = asyncio.create_task(hub.listen(owner, listener))
        await asyncio.sleep(0)
        hub.leave(owner, first)
    await coming
    job = await api.submit(["true"], hold=True)
    await auntil(lambda: [e for e in heard if e.job == job["id"]], what="the events of the job")
    hub.leave(owner, listener)


@pytest.mark.parametrize("steps", range(5))
async def test_who_is_told_to_stop_at_a_poke_stops(extension, steps):
    hub = Hub(extension.backend)
    running = asyncio.create_task(hub.run())
    await asyncio.sleep(0.01)
    hub.poke()
    for _ in range(steps):
        await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=5)
    assert done
