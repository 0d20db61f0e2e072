"""What frames promise, whatever the speed of the client."""

from __future__ import annotations

import asyncio
import json

from jobs_ext.api.stream import EventsQuery, Stream
from jobs_ext.service import Principal
from tests.serving import python
from tests.waiting import auntil


class Client:
    """Takes frames, and only while it wants to."""

    def __init__(self):
        self.frames = []
        self.ready = asyncio.Event()
        self.ready.set()

    async def send(self, frame):
        await self.ready.wait()
        self.frames.append(json.loads(frame))


async def start(extension, client, **query):
    who = Principal.all("ada")
    stream = Stream(extension.backend, who, EventsQuery(**query), client.send)
    task = asyncio.create_task(stream.run())
    if "since" not in query:
        await auntil(lambda: client.frames, what="the snapshot")
    return task


async def end(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_slow_client_gets_few_frames_and_the_last_state(api, extension):
    client = Client()
    await api("GET", "")
    task = await start(extension, client)
    client.ready.clear()
    jobs = [(await api.submit(python("pass"), hold=True))["id"] for _ in range(20)]
    for job in jobs:
        await api("POST", f"jobs/{job}/cancel")
    client.ready.set()

    def last():
        return {job["id"]: job["status"] for f in client.frames for job in f["jobs"]}

    await auntil(lambda: [*last().values()].count("CANCELLED") == 20, what="the last states")
    assert len(client.frames) <= 6
    await end(task)


async def test_a_number_promises_only_what_was_sent(api, extension, monkeypatch):
    monkeypatch.setattr("jobs_ext.api.stream.BATCH_INTERVAL", 3600.0)
    client = Client()
    await api("GET", "")
    task = await start(extension, client)
    request = {"target": {"command": ["true", "{n}"]}, "arguments": [{"n": "1"}, {"n": "2"}]}
    batch = (await api("POST", "batches", request | {"options": {"hold": True}})).json["id"]
    await auntil(lambda: any(f["batches"] for f in client.frames), what="the batch")
    await api("POST", f"batches/{batch}/cancel")
    await api.submit(python("pass"), hold=True, name="later")
    await auntil(lambda: any(j["name"] == "later" for f in client.frames for j in f["jobs"]))
    seq = client.frames[-1]["seq"]
    assert seq < extension.backend.service.events.head()
    await end(task)

    again = Client()
    task = await start(extension, again, since=seq)
    await auntil(lambda: any(f["batches"] for f in again.frames), what="what was held back")
    (told,) = [b for f in again.frames for b in f["batches"]]
    assert told["counts"]["CANCELLED"] == 2
    await end(task)


async def test_many_changes_come_in_several_frames(api, extension, monkeypatch):
    monkeypatch.setattr("jobs_ext.api.stream.FRAME_JOBS", 3)
    client = Client()
    await api("GET", "")
    task = await start(extension, client)
    client.ready.clear()
    jobs = {(await api.submit(python("pass"), hold=True))["id"] for _ in range(8)}
    client.ready.set()
    await auntil(lambda: jobs <= {j["id"] for f in client.frames for j in f["jobs"]})
    assert max(len(frame["jobs"]) for frame in client.frames) == 3
    seqs = [frame["seq"] for frame in client.frames]
    assert seqs == sorted(seqs)
    await end(task)
