"""Queues, and the place of a job that waits, over HTTP."""

from __future__ import annotations

import pytest

from tests.serving import python

QUEUES = {"long": {"max_running": 2, "description": "hours"}}


@pytest.fixture
def jp_server_config(jp_server_config):
    jp_server_config["JobsExtension"]["queues"] = QUEUES
    return jp_server_config


async def test_queues_are_listed_and_others_refused(api):
    items = (await api("GET", "queues")).json["items"]
    nothing = {"description": "", "max_running": None, "running": 0}
    assert items == [
        {"name": "default", **nothing},
        {"name": "long", **QUEUES["long"], "running": 0},
    ]
    request = {"target": {"command": python("pass")}, "options": {"queue": "lng", "hold": True}}
    answer = await api("POST", "jobs", request)
    assert (answer.status, answer.json["field"]) == (400, "options.queue")
    assert answer.json["value"] == "lng"
    assert answer.json["hint"] == "Did you mean 'long'?"


async def test_a_job_that_waits_is_changed(api):
    job = await api.submit(python("pass"), hold=True, queue="long")
    answer = await api("PATCH", f"jobs/{job['id']}", {"priority": 7})
    assert (answer.status, answer.json["options"]["priority"]) == (200, 7)
    wrong = await api("PATCH", f"jobs/{job['id']}", {"priority": "high"})
    assert (wrong.status, wrong.json["field"]) == (400, "priority")
    assert (await api("PATCH", f"jobs/{job['id']}", {"hold": False})).status == 200
    await api.ended(job["id"])
    for verb, path, body in (("PATCH", "", {"priority": 1}), ("POST", "/reset", {})):
        answer = await api(verb, f"jobs/{job['id']}{path}", body)
        assert (answer.status, answer.json["field"]) == (409, "id")
