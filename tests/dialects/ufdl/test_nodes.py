"""Nodes, and who may be one."""

from __future__ import annotations

from tests.dialects.ufdl.worker import Worker, code


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


def test_a_node_that_is_there_is_not_changed_by_a_second_one(ufdl, worker):
    before = ufdl.ask("GET", f"nodes/{worker.pk}")
    same = {"ip": before["ip"], "index": 0, "cpu_mem": 77}
    answer = ufdl.send("POST", "nodes/create", same)
    assert (answer.status_code, list(answer.json())) == (400, ["non_field_errors"])
    assert ufdl.ask("GET", f"nodes/{worker.pk}")["cpu_mem"] == before["cpu_mem"]
    wrong = ufdl.send("POST", "nodes/create", same | {"ip": "\0"})
    assert (wrong.status_code, list(wrong.json())) == (400, ["ip"])


def test_two_people_have_launchers_at_one_address(ufdl, worker, server):
    client = server.client()
    key = client.keys.create("theirs", ["read", "work"], owner="bob")
    client.close()
    other = Worker(server, key.key)
    other.register(ufdl.ask("GET", f"nodes/{worker.pk}")["ip"])
    assert other.pk != worker.pk
    assert code(other, "GET", f"nodes/{worker.pk}") == 404
