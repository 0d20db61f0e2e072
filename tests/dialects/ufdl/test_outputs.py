"""Outputs of jobs."""

from __future__ import annotations

from tests.dialects.ufdl.worker import code


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
    listed = ufdl.ask("POST", "job-outputs/list", named)
    assert (len(listed), info in listed) == (2, True)
    assert ufdl.ask("DELETE", at) == info
    assert code(ufdl, "GET", at) == 400
    assert code(ufdl, "GET", f"{at}/info") == 400
    again = worker.upload(begun, "out%20put", "BLOB%3C'x'%3E", b"again")
    assert (again.status_code, again.json()["pk"] > info["pk"] + 1) == (200, True)
    last = again.json()["pk"]
    ufdl.ask("DELETE", at)
    assert worker.upload(begun, "more", "JSON", b"").json()["pk"] > last
    assert code(ufdl, "GET", f"job-outputs/{last}") == 404
    assert code(ufdl, "GET", "job-outputs/999999") == 404
    assert worker.upload(begun, "a%2Fb", "JSON", b"").status_code == 400
    assert worker.upload(begun, "a", "b%2Fc", b"").json()["type"] == "b/c"
