"""Requests that are answered when a job or a batch has ended."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack

from jobs_ext.api import handler
from jobs_ext.api.patience import Bell, awaited
from tests.serving import Api
from tests.waiting import auntil


async def test_one_request_is_answered_at_the_end_of_a_job_and_of_a_batch(api):
    job = await api.submit(["sleep", "0.3"])
    answer = await api("GET", f"jobs/{job['id']}", params={"wait": "30"})
    assert (answer.status, answer.json["status"]) == (200, "SUCCEEDED")
    request = {"target": {"command": ["sleep", "{n}"]}, "arguments": [{"n": "0"}, {"n": "x"}]}
    batch = (await api("POST", "batches", request)).json
    ended = (await api("GET", f"batches/{batch['id']}", params={"wait": "30"})).json
    assert ended["counts"]["SUCCEEDED"] + ended["counts"]["FAILED"] == 2


async def test_what_has_not_ended_is_told_in_time_and_other_waits_are_refused(api):
    job = await api.submit(["true"], hold=True)
    began = time.monotonic()
    answer = await api("GET", f"jobs/{job['id']}", params={"wait": "1"})
    assert (answer.json["status"], answer.json["reason_code"]) == ("PENDING", "held")
    assert 1 <= time.monotonic() - began < 10
    for wait in ("-1", "61", "soon", "1.5", "nan", "9" * 40, ""):
        refused = await api("GET", f"jobs/{job['id']}", params={"wait": wait})
        assert (refused.status, refused.json["field"]) == (400, "wait"), refused.body


async def test_who_leaves_is_waited_for_no_longer(api, jp_serverapp, monkeypatch):
    job, seen = await api.submit(["true"], hold=True), []

    async def noted(*given):
        seen.append("begun")
        await awaited(*given)
        seen.append("over")

    monkeypatch.setattr(handler, "awaited", noted)
    _, writer = await asyncio.open_connection("127.0.0.1", jp_serverapp.port)
    path = f"{jp_serverapp.base_url}jobs-ext/api/v1/jobs/{job['id']}?wait=60"
    token = jp_serverapp.identity_provider.token
    asked = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: token {token}\r\n\r\n"
    writer.write(asked.encode())
    await auntil(lambda: seen == ["begun"], what="the waiting to begin")
    writer.close()
    await auntil(lambda: seen == ["begun", "over"], what="the waiting to end")


async def test_a_key_that_is_revoked_meanwhile_is_told_nothing(api, jp_fetch):
    job = await api.submit(["true"], hold=True)
    key = (await api("POST", "keys", {"name": "k", "verbs": ["read"]})).json
    keyed = Api(jp_fetch, {"Authorization": f"Bearer {key['key']}"})
    waiting = asyncio.create_task(keyed("GET", f"jobs/{job['id']}", params={"wait": "60"}))

    async def is_in():
        return (await api("GET", f"keys/{key['id']}")).json["last_used"]

    await auntil(is_in, what="the request to be let in")
    assert (await api("DELETE", f"keys/{key['id']}")).status == 204
    await api("POST", f"jobs/{job['id']}/cancel")
    assert (await waiting).status == 401


async def test_a_change_between_look_and_wait_is_not_missed():
    bell, looks = Bell(), iter([False, True])

    async def look():
        bell.ring()
        return next(looks)

    began = time.monotonic()
    assert await awaited(bell, look, bool, 60)
    assert time.monotonic() - began < 0.9  # not by the slow look


async def test_who_waits_looks_again_without_a_ring():
    looks = []

    async def look():
        looks.append(1)
        return len(looks) == 2

    assert await awaited(Bell(), look, bool, 60)


async def test_a_bell_that_rings_all_the_time_does_not_make_looks_of_it():
    bell, looks = Bell(), []

    async def look():
        looks.append(1)

    waiting = asyncio.create_task(awaited(bell, look, bool, 1))
    while not waiting.done():
        bell.ring()
        await asyncio.sleep(0)
    assert len(looks) <= 100  # one each 2 ms, then each twentieth of the time waited: 86


def test_who_waits_alone_hears_sooner_than_one_of_many():
    bell, pauses = Bell(), []
    with ExitStack() as waiting:
        for _ in range(20):
            waiting.enter_context(bell.waited_for())
            pauses.append(bell.pause(60))
    assert (pauses[0], pauses[3], pauses[-1]) == (0.025, 0.1, 0.25)
