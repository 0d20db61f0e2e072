"""The framework of the dialects, by an example of one."""

from __future__ import annotations

import asyncio
import base64
import re

import pytest

import jobs_ext.app  # noqa: F401 - its default of `dialects` is without the example of here
from jobs_ext.dialects import served
from jobs_ext.dialects.handler import pattern
from tests.dialects.example import EXAMPLE


@pytest.fixture
def jp_server_config(jp_server_config, monkeypatch):
    monkeypatch.setitem(served.DIALECTS, "example", EXAMPLE)
    options = {**jp_server_config["JobsExtension"], "dialects": ["example"]}
    return {**jp_server_config, "JobsExtension": options}


@pytest.fixture
def ask(raw):
    """Return a function that asks the example: status, headers and body."""

    async def fetch(verb, path, body=None, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await raw(verb, f"example/{path}", body, **names)
        told = "json" in answer.headers.get("Content-Type", "") and answer.body
        return answer.status, answer.headers, answer.json if told else answer.body

    return fetch


TRUE = {"run": ["true"]}


@pytest.mark.parametrize(
    ("path", "asked", "parts"),
    [
        ("jobs", "/jobs//", ()),
        ("jobs/{job}", "/jobs//a", ("a",)),
        ("jobs/{job}.json", "/jobs/a.b.json/", ("a.b",)),
        ("jobs/{job}/files/{path:path}", "/jobs/a/files", ("a", "")),
        ("jobs/{job}/files/{path:path}", "/jobs/a/files//b//c/", ("a", "//b//c/")),
    ],
)
def test_paths(path, asked, parts):
    match = re.fullmatch(pattern(path), asked)
    assert match is not None
    assert match.groups() == parts


async def test_a_job_and_its_files(ask, api):
    status, _, body = await ask("POST", "jobs", TRUE)
    assert (status, set(body["good"])) == (201, {"id", "at"})
    assert body["good"]["at"].startswith("http://")
    assert body["good"]["at"].endswith("/jobs-ext/example")
    job = body["good"]["id"]
    assert await ask("GET", f"jobs//{job}/?by=me&token=") is not None
    assert (await ask("GET", f"jobs/{job}?by=me"))[2] == {"good": {"id": job, "by": "me"}}
    status, headers, body = await ask("HEAD", f"jobs/{job}")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 10
    await api.ended(job)
    kept = await ask("PUT", f"jobs/{job}/files//sub/a.txt", b"0123456789")
    assert kept[2]["good"]["size"] == 10
    status, headers, body = await ask("GET", f"jobs/{job}/files/sub/a.txt/", Range="bytes=2-4")
    assert (status, body, headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    status, headers, body = await ask("GET", f"jobs/{job}/files/sub/a.txt", Range="bytes=20-")
    assert (status, body["code"], headers["Content-Range"]) == (416, 416, "bytes */10")
    assert (await ask("GET", f"jobs/{job}/files/sub/b.txt"))[0] == 404


ERRORS = [
    ("POST", "jobs", b"{", 400, None),
    ("POST", "jobs", {}, 400, "run"),
    ("POST", "jobs", {"run": ["true"], "walk": 1}, 400, "walk"),
    ("POST", "jobs", b"[" * 1000, 400, None),
    ("POST", "jobs", b" " * 3000, 413, "body"),
    ("GET", "jobs/019a8f2e-5b1c-7d3e-8f4a-5b6c7d8e9f01", None, 404, "id"),
    ("GET", "jobs/%00%ff", None, 404, "id"),
    ("GET", "jobs/x?by=%ff", None, 400, "by"),
    ("PATCH", "jobs", b"{}", 405, None),
    ("BREW", "jobs", b"{}", 405, None),
    ("GET", "nothing/here", None, 404, "path"),
    ("POST", "", b"{}", 404, "path"),
]


async def test_errors_have_one_shape(ask):
    for verb, path, body, status, field in ERRORS:
        code, headers, told = await ask(verb, path, body)
        assert (code, told["code"], told["at"]) == (status, status, field), (verb, path)
        assert headers["Content-Type"] == "application/problem+json"
        assert status != 405 or headers["Allow"] == "POST" or verb == "BREW"


@pytest.mark.parametrize("path", ["form", "large"])
async def test_forms(ask, path):
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    fields = {"a": ["1", "2"], "b": [""]}
    answer = await ask("POST", path, b"a=1&a=2&b=", **kind)
    assert answer[2]["good"] == {"fields": fields, "files": {}}
    body = (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="t.txt"\r\n\r\nhi\r\n'
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await ask("POST", path, body, **kind)
    assert answer[2]["good"] == {"fields": {"a": ["1"]}, "files": {"f": ["t.txt"]}}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await ask("POST", path, b"a=%ff", **kind))[0] == 400
    assert (await ask("POST", path, b"a=1&" * 10_000, **kind))[0] == 413


def credentials(token):
    basic = base64.b64encode(f"anybody:{token}".encode()).decode()
    return [
        {"Authorization": f"token {token}"},
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"JWT {token}"},
        {"Authorization": f"Basic {basic}"},
        {"Authorization": token},
        {"Authorization": "", "X-Key": token},
    ]


async def test_who_is_let_in(ask, api, data_dir, jp_serverapp):
    token = jp_serverapp.identity_provider.token
    asked = {"name": "mine", "verbs": ["read", "run"]}
    key = (await api("POST", "keys", asked)).json["key"]
    for good in credentials(token) + credentials(key):
        assert (await ask("POST", "jobs", TRUE, **good))[0] == 201, good
    untouched = (data_dir / "parts").stat().st_mtime_ns  # nothing is begun for who may only read
    reading = (await api("POST", "keys", {"name": "reader", "verbs": ["read"]})).json["key"]
    for weak in credentials(reading):
        assert (await ask("POST", "jobs", TRUE, **weak))[0] == 403, weak
        assert (await ask("PUT", "jobs/x/files/a", b"a" * 3_000_000, **weak))[0] == 403, weak
    assert list((data_dir / "parts").iterdir()) == []
    assert (data_dir / "parts").stat().st_mtime_ns == untouched
    wrong = credentials("wrong") + credentials(key + "x")
    for bad in [
        *wrong,
        {"Authorization": ""},
        {"Authorization": "Basic !"},
        {"Authorization": "Basic \xff"},
        {"Authorization": "x y"},
    ]:
        for verb, path, body in [
            ("POST", "jobs", TRUE),
            ("GET", "jobs/x", None),
            ("GET", "x", None),
        ]:
            status, headers, told = await ask(verb, path, body, **bad)
            assert (status, told["code"]) == (401, 401), (verb, path, bad)
            assert headers["WWW-Authenticate"] == "Bearer"


async def test_anybody_is_greeted(ask):
    status, headers, body = await ask("GET", "hello", Authorization="")
    assert (status, headers["X-Hello"], body) == (202, "yes", "hello")


async def test_a_refusal_waits_until_the_body_has_come(ask, jp_serverapp, http_server_port):
    path = f"{jp_serverapp.base_url}jobs-ext/example/jobs"
    reader, writer = await asyncio.open_connection("127.0.0.1", http_server_port[-1])
    head = "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n"
    for _ in range(2):  # on one connection: it is not closed, either
        body = b"x" * 1_000_000
        writer.write(head.format(path, len(body)).encode() + body[:1000])
        await writer.drain()
        writer.write(body[1000:])
        await writer.drain()
        assert b" 401 " in await reader.readline()
        answer = await reader.readuntil(b"\r\n\r\n")
        (length,) = re.findall(rb"Content-Length: (\d+)", answer)
        await reader.readexactly(int(length))
    writer.close()
