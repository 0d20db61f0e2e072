"""WebSockets at the paths of jobs."""

from __future__ import annotations

import json

import pytest
import websocket

from jobs_ext.dialects import watching
from jobs_ext.dialects.table import Call
from jobs_ext.dialects.ufdl.context import context
from jobs_ext.dialects.ufdl.watch import Watched
from jobs_ext.model.request import Options, SubmitRequest, Target


def test_a_web_socket_tells_of_every_transition(ufdl, template, worker, server):
    job = ufdl.job(template, description="watch")
    address = f"{ufdl.root.replace('http', 'ws')}/v1/jobs/{job}"
    header = {"Authorization": f"Bearer {server.token}"}
    seen = websocket.create_connection(address, header=header, timeout=30)
    worker.ask("GET", f"jobs/{job}/acquire")
    worker.ask("POST", f"jobs/{job}/start", {"send_notification": ""})
    worker.ask("POST", f"jobs/{job}/progress/0.25", {"loss": 0.5})
    late = websocket.create_connection(address, header=header, timeout=30)
    first = json.loads(late.recv())
    assert (first["transition"], first["progress"], first["transition_data"]) == (
        "progress",
        0.25,
        {},
    )
    late.close()
    error = {"success": False, "send_notification": "", "error": "boo"}
    worker.ask("POST", f"jobs/{job}/finish", error)
    worker.ask("DELETE", f"jobs/{job}/reset")
    worker.ask("DELETE", f"jobs/{job}/release")
    ufdl.ask("DELETE", f"jobs/{job}/cancel")
    frames = [json.loads(seen.recv()) for _ in range(7)]
    assert [frame["transition"] for frame in frames] == [
        *("acquire", "start", "progress", "error", "reset", "release", "cancel"),
    ]
    assert frames[2]["transition_data"] == {"loss": 0.5}
    assert frames[3]["error"] == "boo"
    assert [frame.get("node") for frame in frames] == [worker.pk] * 5 + [None] * 2
    assert [frame["cancelled"] for frame in frames] == [False] * 6 + [True]
    seen.close()
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(address, timeout=30)
    assert refused.value.status_code == 401
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(f"{address}999", header=header, timeout=30)
    assert refused.value.status_code == 404


def test_a_web_socket_tells_what_happened_while_it_was_opened(service, who):
    options = Options(executor="node")
    request = SubmitRequest(Target(command=["do"]), {}, options)
    job = service.jobs.submit(who, request)
    watched = Watched(context(Call(service, who, "", "GET", {}, {})), str(job.pk))
    service.jobs.cancel(who, job.id)
    (frame,) = watched.greeting()
    assert frame["transition"] == "cancel"
    assert watched.frames(service.jobs.history(who, job.id)) == []


async def test_who_does_not_read_is_left_behind(raw, jp_ws_fetch, monkeypatch):
    monkeypatch.setattr(watching, "_MOST", 0)
    target = {"target": {"command": ["do"]}, "options": {"executor": "node"}}
    kind = {"Content-Type": "application/json"}
    pk = (await raw("POST", "api/v1/jobs", target, **kind)).json["pk"]
    socket = await jp_ws_fetch("jobs-ext", "ufdl", "v1", "jobs", str(pk))
    await raw("DELETE", f"ufdl/v1/jobs/{pk}/cancel")
    assert await socket.read_message() is None
    assert socket.close_code == 1008
    socket.close()
    again = await jp_ws_fetch("jobs-ext", "ufdl", "v1", "jobs", str(pk))
    assert json.loads(await again.read_message())["transition"] == "cancel"
    again.close()
    assert await again.read_message() is None
