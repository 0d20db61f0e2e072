"""Bodies of a submit in all the ways Agave takes them, hostile ones beside."""

from __future__ import annotations

import json

from tests.dialects.agave.jobs import GOOD

MULTIPART = "multipart/form-data; boundary=x"

FORM = "application/x-www-form-urlencoded"

FILE = (
    b'--x\r\nContent-Disposition: form-data; name="fileToUpload"; filename="j"\r\n\r\n%s\r\n--x--'
)

BODIES = [
    ("application/json", json.dumps(GOOD).encode(), 201, None),
    ("application/octet-stream", json.dumps(GOOD).encode(), 201, None),
    (FORM, json.dumps(GOOD).encode(), 201, None),
    (FORM, b"name=n&appId=echo-1.0&word=ho&wait=0&archive=false", 201, None),
    (FORM, b"name=n&appId=echo-1.0&wait=soon", 400, "parameters.wait"),
    (FORM, b"name=n&appId=echo-1.0&archive=maybe", 400, "archive"),
    (FORM, b"name=%ff", 400, "name"),
    (MULTIPART, FILE % json.dumps(GOOD).encode(), 201, None),
    (MULTIPART, FILE % b"{", 400, None),
    (MULTIPART, b"nonsense", 400, None),
    ("application/json", b"", 400, None),
    ("application/json", b"[]", 400, None),
    ("application/json", b"{" * 5000, 400, None),
    ("application/json", b'{"name":"\\ud800","appId":"echo-1.0"}', 400, None),
    ("application/json", b'{"name":"\xff","appId":"echo-1.0"}', 400, None),
    ("application/json", b'{"name":"n","appId":"echo-1.0","nodeCount":NaN}', 400, None),
    ("", b'{"name":"n","appId":"echo-1.0","memoryPerNode":1e400}', 400, "memoryPerNode"),
]


async def test_bodies(agave):
    good = 0
    for kind, body, status, field in BODIES:
        answer = await agave("ada", "POST", "jobs/v2", body, **{"Content-Type": kind})
        assert answer.status == status, (body, answer.body)
        assert answer.json["status"] == ("success" if status == 201 else "error")
        assert answer.json["version"]
        assert answer.json.get("field") == field
        good += status == 201
    assert len((await agave("ada", "GET", "jobs/v2")).json["result"]) == good
