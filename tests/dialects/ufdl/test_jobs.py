"""Jobs: deleted, described, made, and refused."""

from __future__ import annotations

import pytest

from tests.dialects.ufdl.worker import Ufdl, code


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
    assert code(ufdl, "PUT", path, data="new", auth=as_text) == 415


def as_text(request):
    request.headers["Content-Type"] = "text/plain"
    return request


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


def test_a_key_that_may_only_submit(server, ufdl, template):
    client = server.client()
    keys = [client.keys.create("k", [verb]).key for verb in ("submit", "read")]
    client.close()
    submits, reads = (Ufdl(server, key) for key in keys)
    job = submits.job(template)
    with pytest.raises(AssertionError, match="403"):
        reads.job(template)
    for path in (f"jobs/{job}", f"job-templates/{template}"):
        assert code(submits, "GET", path) == 403
        assert code(reads, "GET", path) == 200
    assert code(submits, "POST", "job-templates/99/create-job", {"input_values": {}}) == 404
    ufdl.ask("DELETE", f"jobs/{job}/hard")
