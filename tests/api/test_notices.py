"""Changes of status on Jupyter's event bus."""

from __future__ import annotations

import json

from tests.serving import python


async def test_the_bus_tells_ids_and_statuses_and_no_more(api, jp_ws_fetch):
    socket = await jp_ws_fetch("api", "events", "subscribe")
    job = await api.submit(python("print('secret')"), name="private name")
    seen = []
    while not seen or seen[-1]["status"] != "SUCCEEDED":
        notice = json.loads(await socket.read_message())
        if notice["schema_id"].endswith("events/job-status"):
            seen.append(notice)
    socket.close()
    assert {notice["job"] for notice in seen} == {job["id"]}
    assert [n["status"] for n in seen][-3:] == ["STARTING", "RUNNING", "SUCCEEDED"]
    assert set(seen[0]) == {"schema_id", "seq", "time", "job", "batch", "status"}
    assert [n["seq"] for n in seen] == sorted(n["seq"] for n in seen)
