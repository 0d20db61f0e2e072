"""Notifications over HTTP and by the client; the server is killed before the job ends."""

from __future__ import annotations

import json

import pytest

from jobs_ext.client import errors
from tests.client.live import LiveServer
from tests.receivers import webhooks
from tests.serving import python
from tests.waiting import until

SECRET = "s3cr3t"
URL = f"https://ann:{SECRET}@hooks.example.org/services/{SECRET}?token={SECRET}"


async def test_whom_a_job_tells(api):
    job = await api.submit(python("pass"), hold=True, notify=[URL])
    assert SECRET not in json.dumps(job)
    path = f"jobs/{job['id']}/notifications"
    answer = await api("GET", path)
    assert SECRET.encode() not in answer.body
    (one,) = answer.json["items"]
    assert one["url"] == "https://hooks.example.org/services/…"
    wanted = {"url": f"{URL}&${{JOB_ID}}", "events": ["*"], "headers": {"X-Token": SECRET}}
    answer = await api("POST", path, wanted)
    assert answer.status == 201
    assert SECRET.encode() not in answer.body
    assert answer.headers["Location"].endswith(f"{path}/{answer.json['id']}")
    again = await api("GET", f"{path}/{answer.json['id']}")
    assert again.json == answer.json
    assert (await api("DELETE", f"{path}/{answer.json['id']}")).status == 204
    assert (await api("GET", f"{path}/{answer.json['id']}")).status == 404
    assert len((await api("GET", path)).json["items"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"url": URL, "events": ["NEVER"]}, "events[0]"),
        ({"url": URL, "evens": []}, "evens"),
        ({}, "url"),
    ],
)
async def test_what_is_refused_names_the_field(api, body, field):
    job = await api.submit(python("pass"), hold=True)
    answer = await api("POST", f"jobs/{job['id']}/notifications", body)
    assert (answer.status, answer.json["field"]) == (400, field)
    assert SECRET.encode() not in answer.body
    refused = await api(
        "POST", "jobs", {"target": {"command": ["true"]}, "options": {"notify": [body]}}
    )
    assert (refused.status, refused.json["field"]) == (400, f"options.notify[0].{field}")


async def test_whom_a_batch_tells(api):
    request = {"target": {"command": ["true"]}, "arguments": [{}, {}], "options": {"hold": True}}
    batch = (await api("POST", "batches", request)).json
    path = f"batches/{batch['id']}/notifications"
    made = await api("POST", path, {"url": URL})
    assert made.json["events"] == ["ENDED"]
    assert (await api("GET", path)).json["items"] == [made.json]
    assert (await api("GET", f"{path}/{made.json['id']}")).json == made.json
    assert (await api("POST", path, {"url": URL, "events": ["RUNNING"]})).status == 400
    assert (await api("DELETE", f"{path}/{made.json['id']}")).status == 204


async def test_whom_all_of_them_tell(api):
    told = {"url": URL, "events": ["RUNNING"]}  # not of their end: nobody is there to be told
    jobs = [await api.submit(["true"], hold=True, notify=[told]) for _ in range(2)]
    request = {"target": {"command": ["true"]}, "arguments": [{}], "options": {"hold": True}}
    batch = (await api("POST", "batches", request)).json
    await api("POST", f"batches/{batch['id']}/notifications", {"url": URL})
    first = await api("GET", "notifications", params={"limit": "2"})
    assert SECRET.encode() not in first.body
    tellers = [one["batch"] or one["job"] for one in first.json["items"]]
    assert tellers == [batch["id"], jobs[1]["id"]]
    following = {"cursor": first.json["next"]}
    second = (await api("GET", "notifications", params=following)).json
    assert ([one["job"] for one in second["items"]], second["next"]) == ([jobs[0]["id"]], None)
    assert (await api("DELETE", f"jobs/{jobs[0]['id']}")).status == 204
    shown = (await api("GET", "notifications")).json["items"]
    assert [one["job"] for one in shown] == [None, jobs[1]["id"]]
    for wrong in ({"limit": "0"}, {"cursor": "x"}, {"job": "y"}):
        answer = await api("GET", "notifications", params=wrong)
        assert (answer.status, answer.json["field"]) == (400, *wrong)


@pytest.fixture
def live():
    server = LiveServer("--JobsExtension.allowed_hosts=127.0.0.1")
    yield server
    server.stop()


def test_the_server_is_killed_before_the_job_ends(live):
    client = live.client()
    with webhooks() as receiver:
        go = live.work / "go"
        waits = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(.05)"
        job = client.command(python(waits)).options(
            notify={"url": receiver.url, "events": ["RUNNING"]}
        )
        job = job.submit()
        until(lambda: receiver.events == ["RUNNING"], what="the first event")
        made = job.notify(f"{receiver.url}/${{JOB_STATUS}}")
        with pytest.raises(errors.InvalidRequest, match="address of this machine"):
            job.notify("http://[::1]/")
        assert [one.url for one in job.notifications] == [receiver.url, made.url]
        assert {one.id for one in client.notifications()} == {n.id for n in job.notifications}
        assert client.notifications(limit=1)[0].id == made.id
        with pytest.raises(errors.InvalidRequest, match="limit can't be 501"):
            client.notifications(limit=501)
        unwanted = job.notify(receiver.url, "*")
        job.unnotify(unwanted)
        live.kill()
        go.touch()
        until(lambda: len(receiver.calls) == 2, what="the last event")
        assert receiver.calls[1].path == "/SUCCEEDED"
        live.start()
        found = live.client().get(job.id).notifications[1]
        assert [(d.status, d.event) for d in found.deliveries] == [("sent", "SUCCEEDED")]
