"""The WebSocket, with real jobs moving under it."""

from __future__ import annotations

import asyncio
import json
from socket import IPPROTO_TCP, TCP_NODELAY

import pytest

from jobs_ext.api.events import EventsSocket
from jobs_ext.model.ids import new_id
from jobs_ext.store.pokes import send_pokes
from tests.serving import API, python
from tests.waiting import auntil


class Listener:
    """A client of the events."""

    def __init__(self, socket):
        self.socket = socket
        self.frames = []

    async def next(self):
        text = await asyncio.wait_for(self.socket.read_message(), 30)
        if text is None:
            return None
        self.frames.append(json.loads(text))
        return self.frames[-1]

    async def until(self, condition):
        while True:
            frame = await self.next()
            assert frame is not None, "the socket was closed"
            if condition(frame):
                return frame


@pytest.fixture
def listen(jp_ws_fetch):
    sockets = []

    async def connect(**query):
        sockets.append(await jp_ws_fetch(*API, "events", params=query))
        return Listener(sockets[-1])

    yield connect
    for socket in sockets:
        socket.close()


def states(frame, job):
    return [one["status"] for one in frame["jobs"] if one["id"] == job]


async def test_snapshot_then_changes_to_the_end(api, listen, jp_serverapp):
    before = await api.submit(python("pass"), hold=True)
    listener = await listen()
    first = await listener.next()
    assert first["type"] == "snapshot"
    assert first["server"] == (await api("GET", "")).json["server"]
    assert [job["id"] for job in first["jobs"]] == [before["id"]]
    job = await api.submit(python("pass"))
    await listener.until(lambda f: "SUCCEEDED" in states(f, job["id"]))
    seqs = [frame["seq"] for frame in listener.frames]
    assert seqs == sorted(seqs)
    assert {frame["type"] for frame in listener.frames[1:]} == {"changes"}


async def test_resume_tells_only_what_was_missed(api, listen):
    listener = await listen()
    seq = (await listener.next())["seq"]
    listener.socket.close()
    job = await api.submit(python("pass"))
    await api.ended(job["id"])
    again = await listen(since=seq)
    frame = await again.next()
    assert frame["type"] == "changes"
    assert states(frame, job["id"]) == ["SUCCEEDED"]
    assert frame["seq"] > seq
    newest = await listen(since=frame["seq"])
    other = await api.submit(python("pass"), hold=True)
    frame = await newest.next()
    assert [one["id"] for one in frame["jobs"]] == [other["id"]]


async def test_a_number_of_another_store_gives_a_snapshot(api, listen):
    assert (await (await listen(since=10**9)).next())["type"] == "snapshot"


async def test_too_much_missed_gives_a_snapshot(api, listen, monkeypatch):
    monkeypatch.setattr("jobs_ext.api.stream.REPLAY", 2)
    for _ in range(2):
        await api.submit(python("pass"), hold=True)
    assert (await (await listen(since=0)).next())["type"] == "snapshot"


async def test_one_job_alone_and_as_a_view(api, listen):
    job = await api.submit(python("pass"), hold=True)
    listener = await listen(**{"job": job["id"], "as": "view"})
    first = await listener.next()
    assert [view["kind"] for view in first["jobs"]] == ["job"]
    await api.submit(python("pass"), hold=True)
    await api("POST", f"jobs/{job['id']}/release")
    await listener.until(lambda f: "SUCCEEDED" in states(f, job["id"]))
    told = {one["id"] for frame in listener.frames for one in frame["jobs"]}
    assert told == {job["id"]}


async def test_a_batch_counts_to_the_end(api, listen):
    request = {
        "target": {"command": ["echo", "{n}"]},
        "arguments": [{"n": str(n)} for n in range(5)],
    }
    batch = (await api("POST", "batches", request)).json
    listener = await listen(**{"batch": batch["id"], "as": "view"})
    frame = await listener.until(lambda f: any(one["final"] for one in f["batches"]))
    assert frame["batches"][0]["counts"]["SUCCEEDED"] == 5
    assert not any(frame["jobs"] for frame in listener.frames)


async def test_deleted(api, listen):
    job = await api.submit(python("pass"), hold=True)
    listener = await listen()
    await listener.next()
    await api("DELETE", f"jobs/{job['id']}")
    frame = await listener.until(lambda f: f["deleted"])
    assert frame["deleted"] == [job["id"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "-1"}, "since"),
        ({"since": "soon"}, "since"),
        ({"as": "poem"}, "as"),
        ({"limit": "0"}, "limit"),
        ({"jobs": "1"}, "jobs"),
        ({"job": "nonsense"}, "id"),
        ({"job": new_id()}, "id"),
    ],
)
async def test_what_is_wrong_is_told_in_a_frame(listen, query, field):
    listener = await listen(**query)
    frame = await listener.next()
    assert (frame["type"], frame["field"]) == ("error", field)
    assert frame["message"]
    assert await listener.next() is None


async def test_frames_are_coalesced(api, listen, extension):
    listener = await listen()
    await listener.next()
    started = asyncio.get_running_loop().time()
    jobs = [(await api.submit(python("pass"), hold=True))["id"] for _ in range(3)]
    for _ in range(50):
        send_pokes(extension.backend.service.paths, "servers")
    for job in jobs:
        await api("POST", f"jobs/{job}/cancel")
    last = {}
    while set(last.values()) != {"CANCELLED"} or len(last) < 3:
        last |= {one["id"]: one["status"] for one in (await listener.next())["jobs"]}
    spent = asyncio.get_running_loop().time() - started
    assert len(listener.frames) <= 2 + spent * 20


async def test_a_lost_poke_costs_only_time(api, listen, extension, monkeypatch):
    monkeypatch.setattr(extension.backend.hub, "poke", lambda: None)
    listener = await listen()
    await listener.next()
    job = await api.submit(python("pass"), hold=True)
    await listener.until(lambda f: states(f, job["id"]))


async def test_nothing_is_left_of_a_listener_that_has_gone(api, listen, extension):
    feeds = extension.backend.hub._feeds
    await auntil(lambda: set(feeds) == {None}, what="the server's own feed")
    listener = await listen()
    await listener.next()
    assert len(feeds[None].listeners) == 2
    listener.socket.close()
    await auntil(lambda: len(feeds[None].listeners) == 1, what="the stream to end")


async def test_the_socket_is_one(api):
    answer = await api("GET", "events")
    assert answer.status == 426
    assert answer.json["message"]


async def test_a_stream_that_breaks_closes_its_socket(api, listen, extension, monkeypatch):
    listener = await listen()
    await listener.next()
    monkeypatch.setattr(extension.backend.service.jobs, "list", lambda *args: 1 / 0)
    await api.submit(python("pass"), hold=True)
    assert await listener.next() is None


async def test_no_part_of_a_frame_waits_for_what_was_acknowledged(listen, monkeypatch):
    opened = []
    run = EventsSocket._run
    monkeypatch.setattr(EventsSocket, "_run", lambda one: opened.append(one) or run(one))
    await (await listen()).next()
    [there] = opened
    sender = there.ws_connection.stream.socket
    assert sender.getsockopt(IPPROTO_TCP, TCP_NODELAY)
