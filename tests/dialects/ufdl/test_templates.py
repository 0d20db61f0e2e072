"""Templates: imported ones, and tools of the server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.dialects.ufdl.worker import POLL, TEMPLATE, Worker, code


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


def test_templates_that_are_imported_at_once(ufdl, server):
    ufdl.ask("POST", "jobs/list")  # logs in
    for version, versions in ((None, [1, 2, 3, 4, 5, 6]), (7, [7] * 6)):
        body = TEMPLATE | {"name": "Crowd"} | ({"version": version} if version else {})
        with ThreadPoolExecutor(6) as threads:
            made = [*threads.map(lambda _, b=body: imported(ufdl, b), range(6))]
        assert sorted(one["version"] for one in made) == versions
        assert len({one["pk"] for one in made}) == 6
    named = {"expressions": [{"type": "exact", "field": "name", "value": "Crowd"}]}
    found = [one["version"] for one in ufdl.ask("POST", "job-templates/list", named)]
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 7]


def imported(ufdl, body):
    url = f"{ufdl.root}/v1/job-templates/import"
    return requests.post(url, json=body, headers=ufdl._headers).json()


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


def test_files_reach_the_worker_that_has_the_job(ufdl, worker, server, tool):
    text = 'executor = "node"\nfunction = "sums.core:Executor"\n[inputs.table]\n'
    text += "[inputs.more]\nmultiple = true\n"
    made = tool("reads", text)
    (server.work / "t.csv").write_bytes(b"a,b")
    path = {"value": "t.csv", "type": "str"}
    values = {"table": path, "more": {"value": ["t.csv"] * 2, "type": "Array<str>"}}
    first = ufdl.job(made["pk"], input_values=values, parameter_values={})
    given = ufdl.ask("GET", f"jobs/{first}")["parameter_values"]
    assert given["table"]["type"] == "JobOutput<BLOB<str>>"
    assert given["more"]["type"] == "Array<JobOutput<BLOB<str>>, int>"
    number = given["table"]["value"]
    at = f"job-outputs/{number}"
    assert code(worker, "POST", f"{at}/download", {"params": {}}) == 403  # nobody's yet
    worker.ask("GET", f"jobs/{first}/acquire")
    told = worker.ask("GET", at)
    assert (told["pk"], told["job"], told["name"]) == (number, first, "t.csv")
    blobs = {"expressions": [{"type": "exact", "field": "type", "value": "BLOB<str>"}]}
    listed = [one["pk"] for one in worker.ask("POST", "job-outputs/list", blobs)]
    files = {number, *given["more"]["value"]}
    assert {pk for pk in listed if pk >= 2**52} == files
    assert number not in [one["pk"] for one in ufdl.ask("POST", "job-outputs/list", blobs)]
    answer = worker.send("POST", f"{at}/download", {"params": {}})
    assert (answer.status_code, answer.content) == (200, b"a,b")
    for wrong in (ufdl, Worker(server)):
        assert code(wrong, "POST", f"{at}/download", {"params": {}}) == 403
    assert code(worker, "GET", f"job-outputs/{max(files) + 1}") == 404
    assert code(worker, "GET", f"job-outputs/{number + 2**40}") == 404
    (server.work / "t.csv").write_bytes(b"else")
    refused = worker.send("POST", f"{at}/download", {"params": {}})
    assert (refused.status_code, "was changed" in refused.json()["detail"]) == (406, True)
    assert worker.begin(ufdl.ask("GET", f"jobs/{first}"))
    worker.upload(first, "made", "BLOB%3Cstr%3E", b"made")
    worker.finish(first)
    assert code(worker, "GET", at) == 406
    (output, _) = ufdl.ask("GET", f"jobs/{first}")["outputs"]
    of_job = {"value": output["pk"], "type": "JobOutput<BLOB<str>>"}
    values = {"table": of_job, "more": {"value": [], "type": "Array<str>"}}
    assert (
        code(ufdl, "POST", f"job-templates/{made['pk']}/create-job", {"input_values": values})
        == 400
    )
    values["more"] = {"value": [output["pk"]], "type": "Array<JobOutput<BLOB<str>>>"}
    second = ufdl.job(made["pk"], input_values=values, parameter_values={})
    worker.ask("GET", f"jobs/{second}/acquire")
    number = worker.ask("GET", f"jobs/{second}")["parameter_values"]["more"]["value"][0]
    answer = worker.send("POST", f"job-outputs/{number}/download", {"params": {}})
    assert answer.content == b"made"
    worker.ask("DELETE", f"jobs/{second}/release")


def test_a_tool_of_the_server_whose_jobs_nodes_run(ufdl, worker, server, tool):
    text = (
        'version = "2.1"\nexecutor = "node"\nfunction = "sums.core:Executor"\n'
        '[parameters.n]\ntype = "integer"\ndescription = "how many"\n'
    )
    tool = tool("outside", text)
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
    for verb, path in (("DELETE", ""), ("GET", "/export"), ("DELETE", "/hard")):
        answer = ufdl.send(verb, f"job-templates/{tool['pk']}{path}")
        assert (answer.status_code, "is the tool outside-2.1" in answer.text) == (406, True)
