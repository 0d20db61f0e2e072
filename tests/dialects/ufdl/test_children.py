"""Child jobs: those of a tool with steps."""

from __future__ import annotations

import json

import pytest
import websocket

from tests.dialects.ufdl.worker import POLL, code
from tests.waiting import until

STEPS = """
version = "3.0"
[inputs.text]
[parameters.gate]
type = "string"
[parameters.code]
type = "integer"
default = 0
[[steps]]
name = "copy"
ordering = 0
command = "mkdir d && cp {text} d"
shell = true
outputs = { copy = { path = "d/*" } }
[[steps]]
name = "wait"
ordering = 1
command = "while [ ! -e {gate} ]; do sleep 0.02; done; exit {code}"
shell = true
[[steps]]
name = "last"
ordering = 2
command = ["true"]
"""


@pytest.fixture
def meta(tool):
    return tool("gated", STEPS)


@pytest.fixture
def gate(server, request):
    return server.work / request.node.name


@pytest.fixture
def make(ufdl, server, meta, gate):
    """Returns a function that makes a job, and waits until its second step runs."""
    (server.work / "t.txt").write_text("hello\n")

    def make_(code=0, text="t.txt", kind="str"):
        spec = {
            "input_values": {"text": {"value": text, "type": kind}},
            "parameter_values": {
                "gate": {"value": str(gate), "type": "str"},
                "code": {"value": code, "type": "int"},
            },
        }
        job = ufdl.ask("POST", f"job-templates/{meta['pk']}/create-job", spec)
        until(lambda: below(ufdl, job["pk"])[1]["start_time"], what="the second step")
        return job["pk"]

    return make_


def below(ufdl, pk, **more):
    same = {"type": "exact", "field": "parent", "value": pk}
    return ufdl.ask("POST", "jobs/list", {"expressions": [same]} | more)


def ended(ufdl, pk):
    def look():
        job = ufdl.ask("GET", f"jobs/{pk}")
        return job if job["end_time"] or job["is_cancelled"] else None

    return until(look, what="the end of the job")


def phases(jobs):
    return [(bool(j["start_time"]), bool(j["end_time"]), j["error_reason"]) for j in jobs]


CREATED, STARTED, FINISHED = (False, False, None), (True, False, None), (True, True, None)


def test_a_tool_with_steps_has_child_jobs(ufdl, meta, make, gate, worker):
    assert ("type" in meta, meta["version"]) == (False, 3)
    pk = make()
    jobs = below(ufdl, pk)
    assert phases(jobs) == [FINISHED, STARTED, CREATED]
    assert ufdl.ask("GET", f"jobs/{pk}")["parent"] is None
    for job in jobs:
        assert (job["parent"], job["template"]["pk"]) == (pk, meta["pk"])
        assert ufdl.ask("GET", f"jobs/{job['pk']}") == job
    assert jobs[1]["description"] == "child job 'wait' of meta-job gated v3"
    assert not {pk, *(job["pk"] for job in jobs)} & {
        job["pk"] for job in worker.ask("POST", "jobs/list", POLL)
    }
    gate.touch()
    told = ended(ufdl, pk)
    assert phases(below(ufdl, pk)) == [FINISHED] * 3
    assert [(o["name"], o["type"]) for o in told["outputs"]] == [("copy:d:t.txt", "BLOB<str>")]
    (own,) = ufdl.ask("GET", f"jobs/{jobs[0]['pk']}")["outputs"]
    assert own == told["outputs"][0] | {"name": "d:t.txt"}
    for path in (f"{jobs[0]['pk']}/outputs/d:t.txt", f"{pk}/outputs/copy:d:t.txt"):
        assert ufdl.send("GET", f"jobs/{path}/BLOB%3Cstr%3E").content == b"hello\n"
        assert ufdl.ask("GET", f"jobs/{path}/BLOB%3Cstr%3E/info")["job"] == pk
    assert code(ufdl, "GET", f"jobs/{jobs[1]['pk']}/outputs/d:t.txt/BLOB") == 400
    again = make(text=own["pk"], kind="JobOutput<BLOB>")
    assert ended(ufdl, again)["error_reason"] is None
    ufdl.ask("DELETE", f"jobs/{again}/hard")
    assert code(ufdl, "DELETE", f"jobs/{pk}") == 204
    assert below(ufdl, pk) == []
    assert len(below(ufdl, pk, include_inactive=True)) == 3
    ufdl.ask("DELETE", f"jobs/{pk}/hard")
    assert [code(ufdl, "GET", f"jobs/{job['pk']}") for job in jobs] == [404] * 3


def test_a_child_is_only_looked_at(ufdl, make, gate, worker):
    pk = make()
    child = below(ufdl, pk)[1]["pk"]
    for verb, path, body in (
        *(("DELETE", f"/{name}", None) for name in ("cancel", "abort", "hard", "reinstate")),
        ("DELETE", "", None),
        ("PUT", "", {"description": "x"}),
        ("POST", "/outputs/a/b", None),
        ("DELETE", "/outputs/a/b", None),
    ):
        answer = ufdl.send(verb, f"jobs/{child}{path}", body)
        assert (answer.status_code, f"Ask it of job {pk}" in answer.text) == (406, True), path
    for verb, path, body in (
        ("GET", "acquire", None),
        ("DELETE", "release", None),
        ("POST", "start", {"send_notification": ""}),
        ("POST", "progress/0.5", {}),
        ("POST", "finish", {"success": True, "send_notification": ""}),
        ("DELETE", "reset", None),
    ):
        assert code(ufdl, verb, f"jobs/{child}/{path}", body) == 403
        assert code(worker, verb, f"jobs/{child}/{path}", body) == 406
    assert code(worker, "GET", f"jobs/{pk}/acquire") == 406
    for nobody in (child + 5, 2**48, 2**62):
        assert code(ufdl, "GET", f"jobs/{nobody}") == 404
    assert ufdl.ask("DELETE", f"jobs/{pk}/cancel")["is_cancelled"]
    ended(ufdl, pk)
    jobs = below(ufdl, pk)
    assert [job["error_reason"] for job in jobs] == [None, "Cancelled", "Cancelled"]
    assert [job["is_cancelled"] for job in jobs] == [False, True, True]


def test_children_are_found_by_filters(ufdl, make, gate):
    pk = make()
    first, second, third = (job["pk"] for job in below(ufdl, pk))
    same = {"type": "exact", "field": "template.name", "value": "gated"}
    its = [{"type": "exact", "field": name, "value": pk} for name in ("pk", "parent")]
    live = {"type": "or", "sub_expressions": its}

    def found(*tests):
        return [j["pk"] for j in ufdl.ask("POST", "jobs/list", {"expressions": [same, *tests]})]

    def null(field, *, invert=False):
        return {"type": "isnull", "field": field, "invert": invert}

    assert {*found(live)} == {pk, first, second, third}
    assert found(live, null("start_time")) == [third]
    assert found(live, null("parent")) == [pk]
    assert found(live, null("end_time", invert=True)) == [first]
    assert found({"type": "exact", "field": "pk", "value": second}) == [second]
    assert found({"type": "exact", "field": "pk", "value": str(third)}) == [third]
    assert found({"type": "exact", "field": "pk", "value": 10**30}) == []
    assert found({"type": "exact", "field": "parent__id", "value": "1e300"}) == []
    assert found(live, {"type": "contains", "field": "description", "sub_string": "'wait'"}) == [
        second
    ]
    gate.touch()
    ended(ufdl, pk)


def test_the_socket_of_a_child_tells_of_its_transitions(ufdl, make, gate, server):
    pk = make(code=3)
    children = [job["pk"] for job in below(ufdl, pk)]
    root = ufdl.root.replace("http", "ws")
    header = {"Authorization": f"Bearer {server.token}"}
    done, runs, waits = (
        websocket.create_connection(f"{root}/v1/jobs/{child}", header=header, timeout=30)
        for child in children
    )
    frame = json.loads(done.recv())
    assert (frame["transition"], frame["progress"], frame["pk"]) == ("finish", 1.0, children[0])
    assert json.loads(runs.recv())["transition"] == "progress"
    gate.touch()
    frame = json.loads(runs.recv())
    assert (frame["transition"], frame["error"]) == ("error", "exited with code 3")
    frame = json.loads(waits.recv())
    assert (frame["transition"], frame["cancelled"]) == ("cancel", True)
    assert ended(ufdl, pk)["error_reason"]
    gate.unlink()
    client = server.client()
    client.jobs(filter=f"pk = {pk}")[0].reset()
    client.close()
    assert [json.loads(runs.recv())["transition"] for _ in range(2)] == ["reset", "start"]
    assert json.loads(waits.recv())["transition"] == "reset"
    gate.touch()
    assert json.loads(runs.recv())["transition"] == "error"
    for socket in (done, runs, waits):
        socket.close()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"input_values": {}}, 406),
        ({"input_values": {"text": {"value": 5, "type": "int"}}}, 406),
        ({"input_values": {"text": {"value": 5, "type": "str"}}}, 400),
        ({"input_values": {"text": {"value": "no.txt", "type": "str"}}}, 400),
        ({"input_values": {"text": {"value": 10**30, "type": "JobOutput<BLOB>"}}}, 400),
        ({"input_values": {"text": {"value": "1", "type": "JobOutput<BLOB>"}}}, 400),
        ({"input_values": {"text": {"value": ["t.txt"], "type": "Array<str>"}}}, 400),
        ({"parameter_values": {}}, 400),
        ({"child_notification_overrides": {"nope": {"actions": {}}}}, 406),
        ({"child_notification_overrides": {"copy": {"actions": {"on_x": []}}}}, 400),
    ],
)
def test_jobs_with_steps_that_cannot_be(ufdl, meta, server, change, status):
    (server.work / "t.txt").write_text("hello\n")
    good = {
        "input_values": {"text": {"value": "t.txt", "type": "str"}},
        "parameter_values": {"gate": {"value": "/", "type": "str"}},
    }
    path = f"job-templates/{meta['pk']}/create-job"
    assert code(ufdl, "POST", path, good | change) == status
