"""A small form of `make fuzz`, and requests that are good and so must never be refused."""

from __future__ import annotations

import pytest

from tests.api.fuzz import Fuzzer
from tests.client.live import LiveServer
from tests.serving import python

CASES = 4  # of each operation

HELLO = {"name": "hello", "command": ["echo", "{w}"], "parameters": {"w": {"type": "string"}}}
ECHO = {"target": {"command": ["echo", "{k}"]}}
GOOD = [
    ("GET", "", None),
    ("GET", "openapi.json", None),
    ("GET", "tools", None),
    ("GET", "tools/wc", None),
    ("POST", "tools", HELLO),
    (
        "PUT",
        "tools/hello-1.0",
        HELLO | {"title": "Ü '\"; \n", "outputs": {"o": {"path": "stdout"}}},
    ),
    ("GET", "tools?filter=parameter+=+w", None),
    ("DELETE", "tools/hello-1.0", None),
    ("GET", "queues", None),
    ("GET", "keys?filter=verbs+=+read", None),
    ("GET", "nodes?filter=seen+%3E+2026-01-01", None),
    ("GET", "jobs", None),
    ("GET", "jobs?status=FAILED&status=RUNNING&limit=500&order=oldest&deleted=true", None),
    ("GET", "jobs?filter=name+like+%22sweep%25%22&order=-priority,name", None),
    ("POST", "jobs/search", {"filter": {"type": "null", "field": "project"}, "deleted": None}),
    ("POST", "check", {"target": {"command": ["true"]}}),
    ("POST", "jobs", ECHO | {"arguments": {"k": "Ü '\"; \n"}, "options": {"hold": True}}),
    ("POST", "jobs", {"target": {"command": python("pass")}, "options": {"timeout": "1h"}}),
    ("POST", "batches", ECHO | {"arguments": [{"k": 1}, {"k": None}], "fixed": {}}),
    ("GET", "batches?limit=1", None),
    ("PATCH", "jobs/{job}", {"priority": 3}),
    ("GET", "jobs/{job}", None),
    ("GET", "jobs/{job}/view", None),
    ("GET", "jobs/{job}/history", None),
    ("GET", "jobs/{job}/code", None),
    ("GET", "jobs/{job}/provenance", None),
    ("GET", "jobs/{job}/logs?stream=stderr", None),
    ("GET", "jobs/{job}/outputs", None),
    ("POST", "jobs/{job}/release", None),
    ("POST", "jobs/{job}/cancel", None),
    ("DELETE", "jobs/{job}", None),
    ("POST", "jobs/bulk/reinstate", {"ids": ["no such job"]}),
    ("PATCH", "batches/{batch}", {"priority": -3}),
    ("GET", "batches/{batch}", None),
    ("GET", "batches/{batch}/view", None),
    ("GET", "batches/{batch}/jobs?order=index", None),
    ("POST", "batches/{batch}/release", None),
    ("POST", "batches/{batch}/cancel", None),
    ("DELETE", "batches/{batch}", None),
]


@pytest.fixture(scope="module")
def fuzzer():
    server = LiveServer()
    yield Fuzzer(server)
    server.stop()


def test_whatever_is_sent_the_answer_is_as_documented(fuzzer):
    for operation in fuzzer.operations():
        fuzzer.run(operation, CASES, 1)
    assert fuzzer.answers.total() > 2 * len(fuzzer.operations())


def test_good_requests_are_not_refused(fuzzer):
    things = fuzzer.things()
    for verb, path, body in GOOD:
        url = f"{fuzzer.url}/{path.format(**things)}"
        answer = fuzzer.session.request(verb, url, json=body, timeout=30)
        assert answer.status_code < 300, (verb, path, answer.text)
