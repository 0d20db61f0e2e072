"""Jobs over HTTP, run by a real runner."""

from __future__ import annotations

import pytest

from jobs_ext.model.ids import new_id
from tests.serving import python


async def test_a_command_runs_and_its_output_comes_back(api):
    job = await api.submit(python("print('hello')"))
    assert job["target"]["kind"] == "command"
    ended = await api.ended(job["id"])
    assert ended["status"] == "SUCCEEDED", ended
    log = (await api("GET", f"jobs/{job['id']}/logs")).json
    assert log["text"] == "hello\n"
    assert log["final"]


async def test_submit_says_where_the_job_is(api, jp_base_url):
    request = {"target": {"command": python("pass")}, "options": {"hold": True}}
    answer = await api("POST", "jobs", request)
    assert answer.status == 201
    assert answer.headers["Location"] == f"{jp_base_url}jobs-ext/api/v1/jobs/{answer.json['id']}"


async def test_a_tool_reads_an_uploaded_file(api):
    request = {"target": {"tool": "wc"}, "arguments": {"lines_only": True}}
    answer = await api.upload("jobs", request, text=("words.txt", b"one\ntwo\n"))
    assert answer.status == 201, answer.body
    ended = await api.ended(answer.json["id"])
    assert ended["status"] == "SUCCEEDED", ended
    assert (await api("GET", f"jobs/{ended['id']}/logs")).json["text"].startswith("2")


async def test_check_has_no_effect(api):
    answer = await api("POST", "check", {"target": {"command": python("pass")}})
    assert answer.status == 200
    assert answer.json["ok"]
    assert (await api("GET", "jobs")).json["items"] == []


async def test_listing_filters_and_pages(api):
    jobs = [await api.submit(python("pass"), name=f"n{i}", hold=True) for i in range(3)]
    newest = [job["id"] for job in reversed(jobs)]
    first = (await api("GET", "jobs", params={"limit": "2"})).json
    assert [job["id"] for job in first["items"]] == newest[:2]
    second = (await api("GET", "jobs", params={"limit": "2", "cursor": first["next"]})).json
    assert [job["id"] for job in second["items"]] == newest[2:]
    assert second["next"] is None
    both = [("status", "PENDING"), ("status", "FAILED"), ("name", "n1")]
    found = (await api("GET", "jobs", params=both)).json["items"]
    assert [job["id"] for job in found] == [jobs[1]["id"]]


async def test_jupyterlab_may_bust_caches(api):
    assert (
        await api("GET", "jobs", params={"1700000000000": "", "no_track_activity": "1"})
    ).status == 200


async def test_cancel_ends_the_whole_tree(api):
    job = await api.submit(["sh", "-c", "sleep 600 & sleep 600"])
    await api.reached(job["id"], "RUNNING")
    answer = await api("POST", f"jobs/{job['id']}/cancel")
    assert answer.status == 202
    ended = await api.ended(job["id"])
    assert ended["status"] == "CANCELLED"
    assert (await api("POST", f"jobs/{job['id']}/cancel")).status == 202


async def test_a_held_job_waits_for_release(api):
    job = await api.submit(python("pass"), hold=True)
    assert job["status"] == "PENDING"
    assert job["reason_code"] == "held"
    assert (await api("POST", f"jobs/{job['id']}/release")).status == 200
    assert (await api.ended(job["id"]))["status"] == "SUCCEEDED"


async def test_delete_hides(api):
    job = await api.submit(python("pass"), hold=True)
    answer = await api("DELETE", f"jobs/{job['id']}")
    assert (answer.status, answer.body) == (204, b"")
    assert (await api("GET", "jobs")).json["items"] == []
    hidden = (await api("GET", "jobs", params={"deleted": "true"})).json["items"]
    assert [one["id"] for one in hidden] == [job["id"]]


async def test_rerun_with_changes(api):
    request = {"target": {"command": ["echo", "{word}"]}, "arguments": {"word": "a"}}
    first = (await api("POST", "jobs", request)).json
    await api.ended(first["id"])
    answer = await api("POST", f"jobs/{first['id']}/rerun", {"arguments": {"word": "b"}})
    assert answer.status == 201, answer.body
    assert answer.headers["Location"].endswith(answer.json["id"])
    await api.ended(answer.json["id"])
    assert (await api("GET", f"jobs/{answer.json['id']}/logs")).json["text"] == "b\n"
    assert (await api("POST", f"jobs/{first['id']}/rerun")).status == 201


async def test_view_and_history(api):
    job = await api.submit(python("pass"))
    await api.ended(job["id"])
    view = (await api("GET", f"jobs/{job['id']}/view")).json
    assert (view["kind"], view["status"], view["final"]) == ("job", "SUCCEEDED", True)
    events = (await api("GET", f"jobs/{job['id']}/history")).json["items"]
    assert events[0]["type"] == "submitted"
    assert [e["seq"] for e in events] == sorted(e["seq"] for e in events)


COMMAND = {"command": ["true"]}
UNKNOWN = new_id()
BAD_BODIES = {
    "no target": ({}, "target"),
    "two targets": ({"target": {"command": ["true"], "tool": "wc"}}, "target"),
    "unknown field": ({"target": COMMAND, "nmae": 1}, "nmae"),
    "unknown option": ({"target": COMMAND, "options": {"cpus": 2}}, "options.cpus"),
    "mistyped option": ({"target": COMMAND, "options": {"retries": "two"}}, "options.retries"),
    "bad memory": ({"target": COMMAND, "options": {"memory": "4 gigs"}}, "options.memory"),
    "unknown tool": ({"target": {"tool": "wcc"}}, "target.tool"),
    "missing input": ({"target": {"tool": "wc"}}, "arguments.text"),
    "mistyped parameter": (
        {"target": {"tool": "wc"}, "arguments": {"text": "/etc/hostname", "lines_only": "yes"}},
        "arguments.lines_only",
    ),
    "unknown argument": (
        {"target": {"tool": "wc"}, "arguments": {"text": "/etc/hostname", "linesonly": True}},
        "arguments.linesonly",
    ),
    "missing file": (
        {"target": {"tool": "wc"}, "arguments": {"text": "/no/such/file"}},
        "arguments.text",
    ),
    "vanished job": ({"target": COMMAND, "options": {"after": [UNKNOWN]}}, "options.after"),
}


@pytest.mark.parametrize(("body", "named"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_bad_requests_name_what_is_wrong(api, body, named):
    answer = await api("POST", "jobs", body)
    problem = answer.json
    assert 400 <= answer.status < 500, answer.body
    assert problem["field"].startswith(named), problem
    assert problem["message"]
    assert problem["hint"] or problem["value"] is not None
    assert (await api("GET", "jobs")).json["items"] == []


BAD_QUERIES = {
    "unknown parameter": ({"stauts": "RUNNING"}, "stauts"),
    "bad status": ({"status": "DONE"}, "status"),
    "bad status beside a good one": ([("status", "RUNNING"), ("status", "DONE")], "status"),
    "bad cursor": ({"cursor": "nonsense"}, "cursor"),
    "bad limit": ({"limit": "many"}, "limit"),
    "limit too large": ({"limit": "501"}, "limit"),
    "long text": ({"text": "x" * 60_000}, "text"),
    "bad order": ({"order": "random"}, "order"),
    "twice": ([("name", "a"), ("name", "b")], "name"),
}


@pytest.mark.parametrize(("query", "named"), BAD_QUERIES.values(), ids=BAD_QUERIES)
async def test_bad_queries_name_what_is_wrong(api, query, named):
    answer = await api("GET", "jobs", params=query)
    assert answer.status == 400, answer.body
    problem = answer.json
    assert problem["field"] == named, problem
    assert problem["hint"] or problem["value"] is not None


async def test_a_bad_status_says_which_there_are(api):
    problem = (await api("GET", "jobs", params={"status": "GONE"})).json
    assert (problem["field"], problem["value"]) == ("status", "GONE")
    assert "RUNNING" in problem["hint"]


async def test_bad_ids(api):
    answer = await api("GET", "jobs/nonsense")
    assert (answer.status, answer.json["field"], answer.json["value"]) == (404, "id", "nonsense")
    assert answer.json["hint"]
    answer = await api("GET", f"jobs/{UNKNOWN}")
    assert answer.status == 404
    assert answer.json["value"] == UNKNOWN
