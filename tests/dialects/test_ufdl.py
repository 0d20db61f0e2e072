"""UFDL's dialect: its worker's whole protocol, its clients' verbs, and what both are refused."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
import requests
import websocket

from jobs_ext.dialects.table import Call
from jobs_ext.dialects.ufdl.context import context
from jobs_ext.dialects.ufdl.watch import Watched
from jobs_ext.model.request import Options, SubmitRequest, Target
from tests.client.live import LiveServer
from tests.dialects.ufdl import POLL, RESTARTED, TEMPLATE, Ufdl, Worker
from tests.waiting import until


@pytest.fixture(scope="module")
def server():
    server = LiveServer("--JobsExtension.lease=2")
    yield server
    client = server.client()
    for job in client.jobs(limit=500, filter="status in (STARTING, RUNNING)"):
        job.cancel().abort()
    client.close()
    server.stop()


@pytest.fixture(scope="module")
def ufdl(server):
    return Ufdl(server)


@pytest.fixture(scope="module")
def template(ufdl):
    return ufdl.ask("POST", "job-templates/import", TEMPLATE)["pk"]


@pytest.fixture
def worker(server, request):
    worker = Worker(server)
    worker.register(request.node.name)
    return worker


@pytest.fixture
def begun(ufdl, template, worker):
    """The number of a job that the worker has started."""
    job = ufdl.job(template)
    worker.ask("GET", f"jobs/{job}/acquire")
    worker.ask("POST", f"jobs/{job}/start", {"send_notification": ""})
    yield job
    ufdl.send("DELETE", f"jobs/{job}/hard")


def code(who, verb, path, body=None, **options):
    answer = who.send(verb, path, body, **options)
    assert answer.status_code < 400 or answer.json(), answer.text
    return answer.status_code


def test_the_whole_protocol_of_the_launcher(ufdl, template, worker):
    made = ufdl.job(template, description="hello")
    job = worker.poll()
    assert (job["pk"], job["description"], job["parent"]) == (made, "hello", None)
    assert job["parameter_values"] == {"text": {"value": "a", "type": "str"}}
    assert len(worker.ask("POST", "job-types/list", {})) == 27
    assert [c["name"] for c in worker.ask("POST", "job-contracts/list", {})][-1] == "Export"
    assert worker.begin(job)
    assert worker.poll() is None
    for amount in ("0.25", "1e-05", "1"):
        worker.ask("POST", f"jobs/{made}/progress/{amount}", {"loss": 0.5})
    worker.ask("POST", f"jobs/{made}/progress/1.0", None, data=" ")
    node = ufdl.ask("GET", f"nodes/{worker.pk}")
    assert node["current_job"] == made
    ended = worker.finish(made)
    assert (ended["end_time"] is not None, ended["error_reason"]) == (True, None)
    assert ended["outputs"][0]["type"] == "Compressed<JSON, 8>"
    assert ufdl.ask("GET", f"nodes/{worker.pk}")["current_job"] is None


def test_a_worker_that_crashed_gives_its_job_back(ufdl, template, worker, server, request):
    made = ufdl.job(template)
    assert worker.begin(worker.poll())
    again = Worker(server)
    again.register(request.node.name)
    assert again.pk == worker.pk
    job = ufdl.ask("GET", f"jobs/{made}")
    assert (job["node"], job["start_time"], job["error_reason"]) == (None, None, None)
    assert again.begin(again.poll())
    assert again.finish(made)["error_reason"] is None
    history = [a["reason"] for a in native(server, made)["attempts"]]
    assert history == [RESTARTED, None]


def native(server, pk):
    client = server.client()
    found = client.snapshots(filter=f"pk = {pk}")[0]
    client.close()
    return msgspec.to_builtins(found)


def test_a_worker_that_falls_silent_loses_its_job(ufdl, template, worker):
    made = ufdl.job(template)
    assert worker.begin(worker.poll())
    until(lambda: ufdl.ask("GET", f"jobs/{made}")["error_reason"], what="the lease to expire")
    job = ufdl.ask("GET", f"jobs/{made}")
    assert "was not heard of" in job["error_reason"]
    assert job["node"] is None
    assert code(worker, "POST", f"jobs/{made}/progress/0.5", {}) == 403
    told = {"success": True, "send_notification": ""}
    assert worker.ask("POST", f"jobs/{made}/finish", told)["error_reason"] == job["error_reason"]


def test_two_workers_race_and_each_job_runs_once(ufdl, template, server):
    made = {ufdl.job(template) for _ in range(200)}

    def work(ip):
        worker, done = Worker(server), []
        worker.register(ip)
        while jobs := worker.ask("POST", "jobs/list", {"expressions": []}):
            open_ = [j for j in jobs if j["node"] is None and j["pk"] in made]
            if not open_:
                return done
            for job in open_:
                if worker.send("GET", f"jobs/{job['pk']}/acquire").status_code == 200:
                    worker.ask("POST", f"jobs/{job['pk']}/start", {"send_notification": ""})
                    told = {"success": True, "send_notification": ""}
                    worker.ask("POST", f"jobs/{job['pk']}/finish", told)
                    done.append(job["pk"])
        return done

    with ThreadPoolExecutor(2) as threads:
        done = [pk for some in threads.map(work, ("race-1", "race-2")) for pk in some]
    assert sorted(done) == sorted(made)


def test_what_can_be_done_with_outputs(ufdl, worker, begun):
    at = f"jobs/{begun}/outputs/out%20put/BLOB%3C'x'%3E"
    put = worker.upload(begun, "out%20put", "BLOB%3C'x'%3E", b"\0" * 100)
    assert (put.status_code, put.json()["name"]) == (200, "out put")
    assert worker.upload(begun, "out%20put", "BLOB%3C'x'%3E", b"").status_code == 400
    assert worker.upload(begun, "out%20put", "JSON", b"").status_code == 200
    answer = ufdl.send("GET", at)
    assert (answer.content, answer.headers["Content-Type"]) == (b"\0" * 100, "application/data")
    info = ufdl.ask("GET", f"{at}/info")
    assert (info["job"], info["type"]) == (begun, "BLOB<'x'>")
    assert ufdl.ask("GET", f"job-outputs/{info['pk']}") == info
    down = ufdl.send("POST", f"job-outputs/{info['pk']}/download", {"params": {}})
    assert down.content == answer.content
    named = {"expressions": [{"type": "exact", "field": "job", "value": begun}]}
    assert len(ufdl.ask("POST", "job-outputs/list", named)) == 2
    assert ufdl.ask("DELETE", at) == info
    assert code(ufdl, "GET", at) == 400
    assert code(ufdl, "GET", f"{at}/info") == 400
    assert worker.upload(begun, "out%20put", "BLOB%3C'x'%3E", b"again").status_code == 200
    assert code(ufdl, "GET", "job-outputs/999999") == 404
    assert worker.upload(begun, "a%2Fb", "JSON", b"").status_code == 400
    assert worker.upload(begun, "a", "b%2Fc", b"").json()["type"] == "b/c"


def test_cancel_reaches_the_worker_and_lets_it_tidy_up(ufdl, worker, begun):
    cancelled = ufdl.ask("DELETE", f"jobs/{begun}/cancel")
    assert (cancelled["is_cancelled"], cancelled["end_time"]) == (True, None)
    assert cancelled["error_reason"] == "Cancelled"
    assert worker.ask("GET", f"jobs/{begun}")["is_cancelled"]
    assert code(worker, "POST", f"jobs/{begun}/progress/0.5", {}) == 406
    ended = worker.finish(begun)
    assert (ended["is_cancelled"], ended["end_time"]) == (True, None)
    assert ufdl.ask("DELETE", f"jobs/{begun}/cancel")["is_cancelled"]
    assert code(ufdl, "DELETE", f"jobs/{begun}/abort") == 406


def test_what_failed_can_be_tried_by_another_node_or_cancelled(ufdl, worker, begun, server):
    ended = {"success": True, "send_notification": "", "error": ""}
    job = worker.ask("POST", f"jobs/{begun}/finish", ended)
    assert (job["error_reason"], job["end_time"] is not None) == ("", True)
    other = Worker(server)
    other.register("another")
    assert code(other, "GET", f"jobs/{begun}/acquire") == 406
    assert worker.ask("DELETE", f"jobs/{begun}/release")["node"] is None
    assert other.ask("GET", f"jobs/{begun}/acquire")["node"] == other.pk
    job = other.ask("DELETE", f"jobs/{begun}/reset")
    assert (job["node"], job["error_reason"], job["outputs"]) == (other.pk, None, [])
    other.ask("POST", f"jobs/{begun}/start", {"send_notification": ""})
    other.ask("POST", f"jobs/{begun}/finish", ended)
    job = ufdl.ask("DELETE", f"jobs/{begun}/cancel")
    assert (job["is_cancelled"], job["end_time"]) == (True, None)


def test_an_abort_frees_the_job_and_the_node(ufdl, worker, begun):
    freed = ufdl.ask("DELETE", f"jobs/{begun}/abort")
    assert (freed["node"], freed["start_time"], freed["outputs"]) == (None, None, [])
    assert code(worker, "POST", f"jobs/{begun}/progress/0.5", {}) == 403
    told = {"success": True, "send_notification": ""}
    assert worker.ask("POST", f"jobs/{begun}/finish", told)["end_time"] is None


def test_a_destroyed_job_goes_on_and_can_be_had_back(ufdl, worker, begun):
    assert code(ufdl, "DELETE", f"jobs/{begun}") == 204
    assert code(ufdl, "DELETE", f"jobs/{begun}") == 204
    named = {"expressions": [{"type": "exact", "field": "pk", "value": str(begun)}]}
    assert ufdl.ask("POST", "jobs/list", named) == []
    assert len(ufdl.ask("POST", "jobs/list", named | {"include_inactive": True})) == 1
    worker.ask("POST", f"jobs/{begun}/progress/0.5", {})
    assert worker.finish(begun)["deletion_time"] is not None
    assert ufdl.ask("DELETE", f"jobs/{begun}/reinstate")["deletion_time"] is None
    assert ufdl.ask("DELETE", f"jobs/{begun}/hard")["pk"] == begun
    assert code(ufdl, "GET", f"jobs/{begun}") == 404


def test_a_description_is_all_that_can_be_changed(ufdl, begun):
    path = f"jobs/{begun}"
    assert ufdl.ask("PUT", path, {"description": "new", "pk": 5})["description"] == "new"
    assert ufdl.ask("PATCH", path, {"description": 5})["description"] == "5"
    assert ufdl.ask("PUT", path, {})["description"] == "5"
    assert ufdl.ask("PATCH", path, None, data={"description": "form"})["description"] == "form"
    for wrong in (None, [], {}, True, "x" * 10_001, "\0"):
        answer = ufdl.send("PUT", path, {"description": wrong})
        assert (answer.status_code, list(answer.json())) == (400, ["description"])


NODE = {"type": "isnull", "field": "node"}
FOUND = [
    ([{"type": "exact", "field": "description", "value": "Find ME"}], 1),
    ([{"type": "exact", "field": "description", "value": "find me"}], 0),
    ([{"type": "exact", "field": "description", "value": "find me", "case_insensitive": True}], 1),
    ([{"type": "contains", "field": "description", "sub_string": "ind M"}], 1),
    ([{"type": "contains", "field": "parameter_values", "sub_string": "needle"}], 1),
    ([{"type": "exact", "field": "template.name", "value": "Sums"}], 1),
    ([{"type": "exact", "field": "template__version", "value": "1"}], 1),
    ([{"type": "compare", "field": "creation_time", "operator": ">", "value": "2020-01-01"}], 1),
    ([{"type": "compare", "field": "creation_time", "operator": "<", "value": "2020-01-01"}], 0),
    ([{"type": "compare", "field": "start_time", "operator": ">=", "value": "2020-01-01"}], 0),
    (
        [
            {
                "type": "compare",
                "field": "start_time",
                "operator": "<",
                "value": "2020-01-01",
                "invert": True,
            }
        ],
        1,
    ),
    ([NODE, {"type": "or", "sub_expressions": [NODE | {"invert": True}, NODE]}], 1),
    ([{"type": "or", "sub_expressions": [NODE, NODE], "invert": True}], 0),
    ([{"type": "compare", "field": "progress_amount", "operator": "<", "value": 0.5}], 1),
    ([{"type": "isnull", "field": "outputs.name"}], 1),
]


@pytest.mark.parametrize(("expressions", "number"), FOUND)
def test_filters(ufdl, looked_for, expressions, number):
    own = {"type": "exact", "field": "pk", "value": looked_for}
    found = ufdl.ask("POST", "jobs/list", {"expressions": [own, *expressions]})
    assert len(found) == number


@pytest.fixture(scope="module")
def looked_for(ufdl, template):
    text = {"text": {"value": "needle", "type": "str"}}
    job = ufdl.job(template, description="Find ME", parameter_values=text)
    yield job
    ufdl.ask("DELETE", f"jobs/{job}/cancel")


@pytest.mark.parametrize(
    "spec",
    [
        {"limit": 5},
        {"expressions": [{"type": "exact", "field": "nope", "value": 1}]},
        {"expressions": [{"type": "exact", "field": "pk", "value": None}]},
        {"expressions": [{"type": "exact", "field": "pk", "value": 1, "x": 1}]},
        {"expressions": [{"type": "contains", "field": "pk", "sub_string": ""}]},
        {"expressions": [{"type": "is_null", "field": "pk"}]},
        {"expressions": [{"type": "compare", "field": "pk", "operator": "=", "value": 1}]},
        {"expressions": [{"type": "and", "sub_expressions": [NODE]}]},
        {
            "expressions": [
                {"type": "and", "sub_expressions": [{"type": "or", "sub_expressions": []}] * 2}
            ]
        },
        {"order_by": [{"field": "nope"}]},
        {"order_by": [{"field": "pk", "up": True}]},
        [],
    ],
)
def test_filters_that_cannot_be(ufdl, spec):
    answer = ufdl.send("POST", "jobs/list", spec)
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])


def test_orders(ufdl, template):
    made = [ufdl.job(template, description=text) for text in ("b", "a", "c")]
    spec = {
        "expressions": [
            {"type": "compare", "field": "pk", "operator": ">=", "value": made[0]},
        ],
        "order_by": [{"field": "description", "ascending": False}],
    }
    assert [job["description"] for job in ufdl.ask("POST", "jobs/list", spec)] == ["c", "b", "a"]
    for job in made:
        ufdl.ask("DELETE", f"jobs/{job}/hard")


def test_who_may_be_a_node(ufdl, template, server, worker):
    job = ufdl.job(template)
    for verb, path in (("GET", "acquire"), ("DELETE", "release"), ("POST", "progress/0.5")):
        assert code(ufdl, verb, f"jobs/{job}/{path}") == 403
    assert code(ufdl, "GET", "nodes/ping") == 403
    assert code(ufdl, "POST", "jobs/create", {}) == 403
    for wrong in ("x", "999999", "-1", "1.0"):
        worker._headers["Node-Id"] = wrong
        answer = worker.send("POST", "jobs/list")
        assert (answer.status_code, "Bad Node-Id" in answer.text) == (400, True)
    client = server.client()
    key = client.keys.create("no node", ["read", "submit", "run"])
    client.close()
    other = Worker(server, key.key)
    other.be(worker.pk)
    assert code(other, "GET", f"jobs/{job}/acquire") == 403
    ufdl.ask("DELETE", f"jobs/{job}/hard")


def test_logins(ufdl, server):
    def at(what, body):
        answer = ufdl.session.post(f"{ufdl.root}/v1/auth/{what}", json=body)
        return answer.status_code, answer.json()

    good = {"username": "anybody", "password": server.token}
    status, tokens = at("obtain", good)
    assert (status, set(tokens)) == (200, {"access", "refresh"})
    assert at("refresh", {"refresh": tokens["refresh"]}) == (200, {"access": tokens["access"]})
    assert at("verify", {"token": tokens["access"]}) == (200, {})
    assert at("obtain", good | {"password": "wrong"})[0] == 401
    assert at("obtain", good | {"password": "jx_wrong"})[0] == 401
    assert at("refresh", {"refresh": "wrong"})[1]["code"] == "token_not_valid"
    assert at("verify", {"token": ""})[0] == 401
    assert list(at("verify", {})[1]) == ["token"]
    assert (at("obtain", {"username": "x"})[0]) == 400
    answer = requests.post(f"{ufdl.root}/v1/jobs/list", json={})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


WRONG_JOBS = [
    ({}, 400),
    ({"input_values": {}, "x": 1}, 400),
    ({"input_values": {}, "parameter_values": {}}, 400),
    ({"input_values": {}, "parameter_values": {"text": {"value": "a"}}}, 400),
    ({"input_values": {}, "parameter_values": {"text": {"value": "a", "type": "nope"}}}, 400),
    ({"input_values": {}, "parameter_values": {"text": {"value": "a", "type": "Array<"}}}, 400),
    ({"input_values": {}, "parameter_values": {"text": {"value": "a", "type": "int"}}}, 406),
    (
        {
            "input_values": {},
            "parameter_values": {
                "text": {"value": "a", "type": "str"},
                "fixed": {"value": False, "type": "bool"},
            },
        },
        406,
    ),
    (
        {
            "input_values": {},
            "parameter_values": {
                "text": {"value": "a", "type": "str"},
                "more": {"value": 1, "type": "int"},
            },
        },
        406,
    ),
]


@pytest.mark.parametrize(("spec", "status"), WRONG_JOBS)
def test_jobs_that_cannot_be_made(ufdl, template, spec, status):
    assert code(ufdl, "POST", f"job-templates/{template}/create-job", spec) == status


def test_templates(ufdl, template):
    one = ufdl.ask("GET", f"job-templates/{template}")
    assert (one["type"], one["parameters"]["text"]["types"][1]) == ("Export", "Array<str, int>")
    exported = ufdl.ask("GET", f"job-templates/{template}/export")
    second = ufdl.ask("POST", "job-templates/import", exported | {"name": "Other", "version": 7})
    third = ufdl.ask("POST", "job-templates/import", exported | {"name": "Other", "version": 7})
    assert ufdl.ask("GET", f"job-templates/{second['pk']}")["deletion_time"] is not None
    assert code(ufdl, "DELETE", f"job-templates/{second['pk']}/reinstate") == 400
    spec = {"expressions": [{"type": "exact", "field": "name", "value": "Other"}]}
    assert [t["pk"] for t in ufdl.ask("POST", "job-templates/list", spec)] == [third["pk"]]
    assert code(ufdl, "DELETE", f"job-templates/{third['pk']}") == 204
    assert ufdl.ask("DELETE", f"job-templates/{third['pk']}/reinstate")["deletion_time"] is None
    for pk in (second["pk"], third["pk"]):
        ufdl.ask("DELETE", f"job-templates/{pk}/hard")
        assert code(ufdl, "GET", f"job-templates/{pk}") == 404
    told = ufdl.ask("GET", f"job-templates/{template}/get-all-parameters")
    assert told["n"]["default"]["schema"] == {"type": "integer"}
    assert ufdl.ask("GET", f"job-templates/{template}/get-outputs") == {}
    assert len(ufdl.ask("GET", "job-templates/get-all-matching-templates/Export")) == 1


def test_the_number_of_a_template_that_was_removed_stands_for_no_other(ufdl, worker):
    gone = ufdl.ask("POST", "job-templates/import", TEMPLATE | {"name": "Gone"})["pk"]
    job = ufdl.job(gone)
    polled = [one["pk"] for one in worker.ask("POST", "jobs/list", POLL)]
    assert job in polled
    ufdl.ask("DELETE", f"job-templates/{gone}/hard")
    assert ufdl.ask("POST", "job-templates/import", TEMPLATE | {"name": "New"})["pk"] > gone
    polled.remove(job)  # it could not look up how to run it, and would stay at it
    assert [one["pk"] for one in worker.ask("POST", "jobs/list", POLL)] == polled
    assert ufdl.ask("DELETE", f"jobs/{job}/hard")["template"]["name"] == "Gone"


def test_a_node_that_is_there_is_not_changed_by_a_second_one(ufdl, worker):
    before = ufdl.ask("GET", f"nodes/{worker.pk}")
    same = {"ip": before["ip"], "index": 0, "cpu_mem": 77}
    answer = ufdl.send("POST", "nodes/create", same)
    assert (answer.status_code, list(answer.json())) == (400, ["non_field_errors"])
    assert ufdl.ask("GET", f"nodes/{worker.pk}")["cpu_mem"] == before["cpu_mem"]
    wrong = ufdl.send("POST", "nodes/create", same | {"ip": "\0"})
    assert (wrong.status_code, list(wrong.json())) == (400, ["ip"])


def test_a_contract_with_inputs(ufdl):
    types = "Domain<'Image Classification'>, Framework<'tf', '1.14'>"
    specific = TEMPLATE["specific"] | {"job_type": f"Train<{types}>", "parameters": {}}
    made = ufdl.ask("POST", "job-templates/import", TEMPLATE | {"specific": specific})
    at = f"job-templates/{made['pk']}"
    assert ufdl.ask("GET", f"{at}/get-types")["FrameworkType"] == "Framework<'tf', '1.14'>"
    assert ufdl.ask("GET", f"{at}/get-outputs") == {"model": f"Model<{types}>"}
    good = {"value": 5, "type": "PK<Dataset<Domain<'Image Classification'>>>"}
    job = ufdl.job(made["pk"], input_values={"dataset": good, "other": good}, parameter_values={})
    told = ufdl.ask("GET", f"jobs/{job}")
    assert told["input_values"] == {"dataset": good}
    for wrong in (
        {},
        {"dataset": good | {"type": "PK<Dataset>"}},
        {"dataset": good | {"type": "int"}},
    ):
        assert code(ufdl, "POST", f"{at}/create-job", {"input_values": wrong}) == 406
    matching = "job-templates/get-all-matching-templates/Train"
    for kind, number in ((good["type"], 1), ("int", 0)):
        assert len(ufdl.ask("GET", matching, params={"dataset": kind})) == number
    ufdl.ask("DELETE", f"jobs/{job}/hard")
    ufdl.ask("DELETE", f"{at}/hard")


@pytest.mark.parametrize(
    "change",
    [
        {"licence": "Mine"},
        {"name": ""},
        {"name": "two\nlines"},
        {"version": 0},
        {"domain": "abc"},
        {"specific": {}},
        {"specific": {"nodes": {}, "dependencies": []}},
        {"specific": TEMPLATE["specific"] | {"job_type": "Nope"}},
        {"specific": TEMPLATE["specific"] | {"job_type": "Train<int, int>"}},
        {"specific": TEMPLATE["specific"] | {"job_type": "Export<" * 500}},
        {"specific": TEMPLATE["specific"] | {"parameters": {"p": {"types": [], "help": ""}}}},
        {"specific": TEMPLATE["specific"] | {"parameters": {"p": {"types": ["x"], "help": ""}}}},
    ],
)
def test_templates_that_cannot_be(ufdl, change):
    assert code(ufdl, "POST", "job-templates/import", TEMPLATE | change) == 400


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


def test_a_tool_of_the_server_whose_jobs_nodes_run(ufdl, worker, server):
    folder = server.work / "tools"
    folder.mkdir(exist_ok=True)
    (folder / "t.toml").write_text(
        'name = "outside"\nversion = "2.1"\nexecutor = "node"\nfunction = "sums.core:Executor"\n'
        '[parameters.n]\ntype = "integer"\ndescription = "how many"\n'
    )
    named = {"expressions": [{"type": "exact", "field": "name", "value": "outside"}]}
    (tool,) = until(lambda: ufdl.ask("POST", "job-templates/list", named), what="the tool")
    assert (tool["version"], tool["executor_class"]) == (2, "sums.core.Executor")
    client = server.client()
    native_job = client.submit("outside", n=5)
    made = ufdl.ask(
        "POST",
        f"job-templates/{tool['pk']}/create-job",
        {"input_values": {}, "parameter_values": {"n": {"value": 6, "type": "int"}}},
    )
    polled = {job["pk"]: job for job in worker.ask("POST", "jobs/list", POLL)}
    for job, n in ((polled[native_job.refresh().pk], 5), (made, 6)):
        assert job["parameter_values"] == {"n": {"value": n, "type": "int"}}
        assert job["template"]["pk"] == tool["pk"]
        assert worker.begin(job)
        assert worker.finish(job["pk"])["error_reason"] is None
    assert native_job.status == "SUCCEEDED"
    client.close()
    spec = {"input_values": {}, "parameter_values": {"n": {"value": "x", "type": "int"}}}
    assert code(ufdl, "POST", f"job-templates/{tool['pk']}/create-job", spec) == 400
    assert code(ufdl, "DELETE", f"job-templates/{tool['pk']}") == 404
