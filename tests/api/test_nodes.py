"""Nodes over HTTP: a whole run, a lease that expires, and who may be a node."""

from __future__ import annotations

import pytest
from traitlets.config import Config

from tests.serving import Api

COMMAND = {"command": ["do", "{k}"]}
REQUEST = {"target": COMMAND, "arguments": {"k": 1}, "options": {"executor": "node"}}


@pytest.fixture
def jp_server_config(jp_server_config):
    config = Config(jp_server_config)
    config.JobsExtension.lease = 1.0
    return config


async def submitted(api, **options):
    answer = await api("POST", "jobs", REQUEST | {"options": {"executor": "node"} | options})
    assert answer.status == 201, answer.body
    return answer.json


async def test_a_node_runs_a_job(api, jp_fetch):
    verbs = {"name": "node", "verbs": ["work"]}
    key = (await api("POST", "keys", verbs)).json["key"]
    node = Api(jp_fetch, {"Authorization": f"Bearer {key}"})
    job = await submitted(api)
    assert job["reason_code"] == "waiting_node"
    made = await node("POST", "nodes", {"name": "gpu-1", "cpu": 8})
    assert made.status == 201
    me = f"nodes/{made.json['id']}"
    assert (await node("POST", "nodes", {"name": "gpu-1"})).status == 200
    assert (await node("POST", f"{me}/ping")).json["name"] == "gpu-1"
    given = (await node("POST", f"{me}/acquire", {})).json["assignment"]
    assert (given["job"]["id"], given["command"], given["lease"]) == (job["id"], ["do", "1"], 1.0)
    assert (await node("POST", f"{me}/acquire", {})).json["assignment"]["attempt"] == 1  # once more
    it, attempt = f"{me}/jobs/{job['id']}", {"attempt": given["attempt"]}
    assert (await node("POST", f"{it}/start", attempt)).json["status"] == "RUNNING"
    assert (await node("POST", f"{me}/acquire", {})).json == {"assignment": None}
    said = attempt | {"fraction": 0.5, "data": {"loss": 1}}
    assert (await node("POST", f"{it}/progress", said)).json["progress"]["data"] == {"loss": 1}
    sent = await node("PUT", f"{it}/outputs/a/t.txt", b"made", params={"attempt": "1"})
    assert (sent.status, sent.json["size"]) == (201, 4)
    sent = await node("PUT", f"{it}/outputs/a/t.txt", b"again", params={"attempt": "1"})
    assert sent.status == 200
    late = await node("PUT", f"{it}/outputs/b", b"", params={"attempt": "7"})
    assert (late.status, late.json["field"]) == (409, "job")
    assert (await node("PUT", f"{it}/outputs/b", b"")).status == 400
    done = await node("POST", f"{it}/finish", attempt | {"success": True})
    assert done.json["status"] == "SUCCEEDED"
    late = await node("POST", f"{it}/finish", attempt | {"success": True})
    assert (late.status, late.json["message"]) == (409, "Attempt 1 is over: it is SUCCEEDED.")
    assert (await api("GET", f"jobs/{job['id']}/outputs/a/t.txt")).body == b"again"
    assert (await api("GET", "nodes")).json["items"][0]["jobs"] == []
    assert (await node("DELETE", me)).status == 204
    assert (await node("GET", me)).status == 404


async def test_a_silent_node_loses_its_job_and_no_server_is_needed_to_see_it(api):
    job = await submitted(api, on_lost="retry")
    me = f"nodes/{(await api('POST', 'nodes', {'name': 'gone'})).json['id']}"
    await api("POST", f"{me}/acquire", {"job": job["id"]})
    await api("POST", f"{me}/jobs/{job['id']}/start", {"attempt": 1})
    waiting = await api.reached(job["id"], "RUNNABLE")
    lost = waiting["attempts"][0]
    assert (lost["status"], lost["reason_code"]) == ("FAILED", "lease_expired")
    assert "gone was not heard of" in lost["reason"]
    given = (await api("POST", f"{me}/acquire", {})).json["assignment"]
    assert (given["job"]["id"], given["attempt"]) == (job["id"], 2)
    done = f"{me}/jobs/{job['id']}/finish"
    assert (await api("POST", done, {"attempt": 1, "success": True})).status == 409
    assert (await api("POST", done, {"attempt": 2, "success": True})).status == 200


async def test_refusals(api, jp_fetch):
    job = await submitted(api)
    node = (await api("POST", "nodes", {"name": "n"})).json["id"]
    wrong = {
        ("POST", "nodes"): [([], None), ({"name": 3}, "name"), ({"nam": "x"}, "nam")],
        ("POST", f"nodes/{node}/acquire"): [({"job": 3}, "job"), ({"tools": "x"}, "tools")],
        ("POST", f"nodes/{node}/jobs/{job['id']}/start"): [({}, "attempt")],
        ("POST", f"nodes/{node}/jobs/{job['id']}/finish"): [({"attempt": 1}, "success")],
    }
    for (verb, path), bodies in wrong.items():
        for body, field in bodies:
            answer = await api(verb, path, body)
            assert (answer.status, answer.json["field"]) == (400, field), (path, body)
    files = f"nodes/{node}/jobs/{job['id']}/inputs"
    for path, query, status, field in (
        ("0", {}, 400, "attempt"),
        ("x", {"attempt": "1"}, 404, "number"),
        ("0", {"attempt": "1"}, 409, "job"),
    ):
        answer = await api("GET", f"{files}/{path}", params=query)
        assert (answer.status, answer.json["field"]) == (status, field), path
    key = (await api("POST", "keys", {"name": "k", "verbs": ["read", "submit", "run"]})).json
    other = Api(jp_fetch, {"Authorization": f"Bearer {key['key']}"})
    assert (await other("POST", "nodes", {"name": "m"})).status == 403
    assert (await other("POST", f"nodes/{node}/acquire", {})).status == 403
    assert (await api("POST", "nodes/nobody/acquire", {})).status == 404
    assert (await api("POST", f"jobs/{job['id']}/abort")).status == 409
