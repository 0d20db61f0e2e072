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

    async def made():
        return (await api("GET", f"batches/{batch}")).json["counts"]["PENDING"] == 2

    await auntil(made, what="its jobs")
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


async def test_none_of_many_listeners_loses_the_last_status(api, extension):
    await api("GET", "")
    request = {"target": {"command": ["true"]}, "arguments": [{}] * 40, "options": {"hold": True}}
    batch = (await api("POST", "batches", request)).json["id"]

    async def made():
        return (await api("GET", f"batches/{batch}")).json["counts"]["PENDING"] == 40

    await auntil(made, what="the jobs")
    clients = [Client() for _ in range(50)]
    tasks = [await start(extension, client) for client in clients]
    for verb in ("release", "cancel"):
        await api("POST", f"batches/{batch}/{verb}")

    async def ended():
        counts = (await api("GET", f"batches/{batch}")).json["counts"]
        return counts["SUCCEEDED"] + counts["CANCELLED"] == 40

    await auntil(ended, what="the end of all")
    page = (await api("GET", f"batches/{batch}/jobs", params={"limit": "40"})).json
    truth = {job["id"]: job["status"] for job in page["items"]}

    def told(client):
        return {job["id"]: job["status"] for frame in client.frames for job in frame["jobs"]}

    await auntil(lambda: all(told(client) == truth for client in clients), what="every last status")
    for task in tasks:
        await end(task)


async def test_who_listens_to_a_batch_hears_of_its_jobs_when_asked_to(api, extension):
    alone, whole = Client(), Client()
    request = {"target": {"command": ["true", "{n}"]}, "arguments": [{"n": "1"}, {"n": "2"}]}
    batch = (await api("POST", "batches", request | {"options": {"hold": True}})).json["id"]
    tasks = [
        await start(extension, alone, batch=[batch]),
        await start(extension, whole, batch=[batch], members=True),
    ]
    other = (await api.submit(python("pass"), hold=True))["id"]
    await api("POST", f"jobs/{other}/cancel")
    await api("POST", f"batches/{batch}/cancel")

    def ends():
        return [j for f in whole.frames for j in f["jobs"] if j["status"] == "CANCELLED"]

    await auntil(lambda: {job["batch_index"] for job in ends()} == {0, 1}, what="its jobs")
    assert {job["batch"] for frame in whole.frames for job in frame["jobs"]} == {batch}
    assert not any(frame["jobs"] for frame in alone.frames)
    for task in tasks:
        await end(task)
