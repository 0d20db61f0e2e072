"""Feeds of events: nobody who listens misses one."""

from __future__ import annotations

import asyncio

from tests.waiting import auntil


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
