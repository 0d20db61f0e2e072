"""Agave's jobs: submitted again, read and sent back, their outputs and links."""

from __future__ import annotations

from tests.dialects.agave.jobs import GOOD, reached, submitted


async def test_a_job_that_runs_can_be_submitted_again(agave):
    job = await submitted(agave, "ada", parameters={"wait": 600})
    await reached(agave, "ada", job, "RUNNING")
    again = await agave("ada", "POST", f"jobs/v2/{job}", {"action": "resubmit"})
    assert again.status == 202
    other = again.json["result"]["id"]
    assert other != job
    assert again.json["result"]["parameters"] == {"wait": 600, "word": "hi"}
    for one in (job, other):
        stopped = await agave("ada", "POST", f"jobs/v2/{one}", {"action": "stop"})
        assert stopped.json["result"]["id"] == one
        await reached(agave, "ada", one, "STOPPED")
        twice = await agave("ada", "POST", f"jobs/v2/{one}", {"action": "stop"})
        assert (twice.status, twice.json["result"]["status"]) == (200, "STOPPED")


async def test_a_job_that_was_read_is_a_request(agave):
    first = (await agave("ada", "POST", "jobs/v2", GOOD | {"appId": "half-1.0"})).json["result"]
    assert (first["processorsPerNode"], first["maxRunTime"]) == (1, "00:01:30")
    app = (await agave("ada", "GET", "apps/v2/half-1.0")).json["result"]
    assert (app["defaultProcessorsPerNode"], app["defaultMaxRunTime"]) == (1, "00:01:30")
    again = await agave("ada", "POST", "jobs/v2", first)
    assert (again.status, again.json["result"]["parameters"]) == (201, {"n": 1}), again.body
    nothing = dict.fromkeys(("inputs", "parameters", "archive", "notifications", "nodeCount"))
    answer = await agave("ada", "POST", "jobs/v2", GOOD | nothing | {"processorsPerNode": 1.0})
    assert (answer.status, answer.json["result"]["archive"]) == (201, True)
    answer = await agave("ada", "POST", "jobs/v2", GOOD | {"processorsPerNode": 1.5})
    assert (answer.status, answer.json["field"]) == (400, "processorsPerNode")


async def test_a_job_keeps_the_app_that_it_was_submitted_with(agave, jp_root_dir):
    job = await submitted(agave, "root", appId="closed-1.0")
    file = jp_root_dir / "tools" / "closed.toml"
    file.write_text(file.read_text() + '[resources]\ntimeout = "7s"\n')
    shown = (await agave("root", "GET", f"jobs/v2/{job}")).json["result"]
    assert shown["maxRunTime"] is None
    again = await submitted(agave, "root", appId="closed-1.0")
    shown = (await agave("root", "GET", f"jobs/v2/{again}")).json["result"]
    assert shown["maxRunTime"] == "00:00:07"


async def test_outputs_of_jobs_are_inputs(agave, jp_root_dir):
    job = await submitted(agave, "ada", archive=True, archivePath="kept", parameters={"word": "w"})
    media = f"jobs/v2/{job}/outputs/media/said"
    shown = (await agave("ada", "GET", f"jobs/v2/{job}")).json["result"]
    places = [f"agave://jupyter/{media}", shown["_links"]["self"]["href"] + "/outputs/media/said"]
    asked = {"appId": "both-1.0", "inputs": {"texts": places}}
    both = await submitted(agave, "ada", **asked)  # the job may still be under way
    await reached(agave, "ada", both, "FINISHED")
    answer = await agave("ada", "GET", f"jobs/v2/{both}/outputs/media/all.txt")
    assert answer.body == b"w\nw\n"
    shown = (await agave("ada", "GET", f"jobs/v2/{both}")).json["result"]
    assert shown["inputs"] == {"texts": [f"agave://jupyter/{media}"] * 2}
    await submitted(agave, "ada", **asked | {"inputs": shown["inputs"]})
    for who, path, said in [
        ("bob", media, "no job"),
        ("ada", media.replace("said", "none"), "without an output 'none'"),
    ]:
        body = GOOD | asked | {"inputs": {"texts": [places[0], f"agave://jupyter/{path}"]}}
        if who == "bob":
            body |= {"inputs": {"texts": f"agave://jupyter/{path}"}}
        refused = await agave(who, "POST", "jobs/v2", body)
        assert refused.status == 400, refused.body
        assert "texts" in refused.json["field"]
        assert said in refused.json["message"]


async def test_links_hold_whatever_a_name_has(agave, jp_serverapp):
    job = await submitted(agave, "ada", appId="half-1.0")
    await reached(agave, "ada", job, "FINISHED")
    await agave("ada", "POST", f"jobs/v2/{job}/pems", {"username": "b?/=", "permission": "READ"})
    rows = (await agave("ada", "GET", f"jobs/v2/{job}/outputs/listings")).json["result"]
    rows += (await agave("ada", "GET", f"jobs/v2/{job}/pems")).json["result"]
    links = [link["href"] for row in rows for link in row["_links"].values()]
    for href in links:
        answer = await agave("ada", "GET", href.partition("/jobs-ext/agave/")[2])
        assert answer.status == 200, href
    (file,) = [href for href in links if "a%3Fb" in href]
    assert (await agave("ada", "GET", file.partition("/jobs-ext/agave/")[2])).body == b"ha\n"


async def test_nodes_outside_are_a_system(agave):
    answer = await agave("ada", "GET", "systems/v2/node")
    assert (answer.status, answer.json["result"]["type"]) == (200, "EXECUTION")
    assert (await agave("ada", "GET", "systems/v2/cloud")).status == 404
