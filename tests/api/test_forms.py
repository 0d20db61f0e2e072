"""Forms that are read while they come."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from tornado import httputil

from jobs_ext.api import decode
from jobs_ext.api.forms import End, FormReceiver, Head, Splitter
from jobs_ext.model.errors import InvalidRequest, TooLarge
from jobs_ext.service.uploads import Draft
from tests.client.live import LiveServer
from tests.serving import multipart, python

LARGE = 300_000_000  # bytes
ROOM = 64_000_000  # bytes: how much more memory the server may take for it


def split(body: bytes, boundary: bytes, sizes: list[int]) -> list[tuple[Any, ...]]:
    """Feed a body in pieces of these sizes, again and again; return name, file name, content."""
    splitter, found, at, turn = Splitter(boundary), [], 0, 0
    while at < len(body):
        size = sizes[turn % len(sizes)]
        for one in splitter.feed(body[at : at + size]):
            match one:
                case Head():
                    found.append((one.name, one.filename, bytearray()))
                case bytes():
                    found[-1][2].extend(one)
                case End():
                    found[-1] = (*found[-1][:2], bytes(found[-1][2]))
        at, turn = at + size, turn + 1
    assert splitter.whole
    return found


CONTENTS = [
    b"",
    b"\r\n",
    b"-",
    b"--",
    b"\r\n--",
    b"\r\n--b",
    b"\r\n--bound",
    b"x" * 5000,
    b"--bound",
]


@pytest.mark.parametrize("seed", range(5))
def test_pieces_of_any_size_make_the_same_parts(seed: int) -> None:
    chance = random.Random(seed)
    boundary = b"boundary-of-the-form"
    parts = [(f"p{n}", chance.choice(CONTENTS) * chance.randint(0, 3)) for n in range(8)]
    body = b"a preamble\r\n" if seed % 2 else b""
    for name, content in parts:
        head = f'Content-Disposition: form-data; name="{name}"; filename="é {name}.txt"'
        body += b"--" + boundary + b"\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"
    body += b"--" + boundary + b"--\r\nafter it"
    wanted = [(name, f"é {name}.txt", content) for name, content in parts]
    for sizes in ([1], [2], [7, 1], [len(boundary)], [100_000], chance.sample(range(1, 60), 20)):
        assert split(body, boundary, sizes) == wanted, sizes


def test_it_reads_what_tornado_reads() -> None:
    kind, body = multipart({"a": 1}, {"é": ('a"b.txt', b"\r\n--"), "x": ("", b"field")})
    fields: dict[str, list[bytes]] = {}
    files: dict[str, list[httputil.HTTPFile]] = {}
    httputil.parse_body_arguments(kind, body, fields, files)
    found = split(body, kind.rpartition("=")[2].encode(), [3])
    assert {name: [content] for name, filename, content in found if filename is None} == fields
    assert {n: f for n, f, _ in found if f is not None} == {
        n: f.filename for n, (f,) in files.items()
    }


@pytest.mark.parametrize(
    "body",
    [
        b"--b\r\n\r\n\r\n--b--",
        b"--b\r\nno head\r\n\r\nx\r\n--b--",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        b'--b\r\nContent-Disposition: attachment; name="a"\r\n\r\nx\r\n--b--',
        b"--b\r\nContent-Disposition: form-data; name=\xff\r\n\r\nx\r\n--b--",
        b"--b\r\n" + b"x" * 20_000,
        b"--bb\r\n",
    ],
)
def test_what_is_no_form(body: bytes) -> None:
    for size in (1, 1000):
        with pytest.raises(InvalidRequest) as caught:
            split(body, b"b", [size])
        assert caught.value.field == "body"


async def test_fields_have_an_end_all_together(monkeypatch):
    """They are held in memory, and a form may have thousands."""
    monkeypatch.setattr(decode, "JSON_LIMIT", 1000)
    for number, good in ((3, True), (4, False)):
        receiver = FormReceiver(None, None, b"b")
        body = b"".join(
            b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n%b\r\n' % (n, b"x" * 300)
            for n in range(number)
        )
        await receiver.take(body + b"--b--")
        if good:
            assert len((await receiver.form()).fields) == number
        else:
            with pytest.raises(TooLarge):
                await receiver.form()


def drafts(folder: Path) -> list[str]:
    return [path.name for path in (folder / "parts").iterdir() if path.name.startswith(".")]


async def test_files_that_are_refused_leave_nothing(api, data_dir):
    good = {"target": {"command": python("pass")}}
    large = ("l.bin", b"x" * 3_000_000)
    for request, files, status in (
        ({"target": {}}, {"a": large}, 400),
        (None, {"a": large}, 400),
        (good | {"options": {"cpu": -1}}, {"a": large}, 400),
        (good, {"request": ("r.json", b"{}"), "a": large}, 400),
    ):
        answer = await api.upload("jobs", request, **files)
        assert answer.status == status, answer.body
    kind, body = multipart(good, {"a": large})
    for broken in (body[:-10], body[:2_000_000], body.replace(b"filename", b"name")):
        answer = await api("POST", "jobs", broken, headers={"Content-Type": kind})
        assert answer.status == 400
    for wrong in ("multipart/form-data", "multipart/form-data; boundary="):
        answer = await api("POST", "jobs", body, headers={"Content-Type": wrong})
        assert (answer.status, answer.json["field"]) == (400, "Content-Type")
    assert drafts(Path(data_dir)) == []
    answer = await api.upload("jobs", good, a=large, b=("s.txt", b"small"))
    assert answer.status == 201, answer.body
    assert (drafts(Path(data_dir)), (await api("GET", "jobs")).json["total"]) == ([], 1)


def test_a_large_upload_takes_no_memory_of_the_server(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LARGE)
    server = LiveServer()
    try:
        process = psutil.Process(server.process.pid)
        headers = {"Authorization": f"token {server.token}"}
        request = '{"target": {"tool": "wc"}, "options": {"key": "once"}}'
        before, ids = process.memory_info().rss, set()
        for _ in range(2):
            with large.open("rb") as file:
                files = {"request": (None, request), "text": ("zeros", file)}
                url = f"{server.url}api/v1/jobs"
                answer = requests.post(url, files=files, headers=headers, timeout=60)
            assert answer.status_code == 201, answer.text
            ids.add(answer.json()["id"])
        assert len(ids) == 1, "the same key and the same file are the same job"
        assert process.memory_info().rss - before < ROOM
        (part,) = (server.home / "data" / "jobs_ext" / "parts").iterdir()
        assert part.stat().st_size == LARGE
    finally:
        server.stop()


async def test_a_client_that_leaves_while_a_file_is_begun_leaves_nothing(extension, data_dir):
    def begun() -> Draft:
        draft = Draft(extension.backend.service.paths)
        receiver.drop()  # as when the connection closes
        return draft

    receiver = FormReceiver(extension.backend, begun, b"b")
    head = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    await receiver.take(head + b"x" * 3_000_000 + b"\r\n--b--")
    assert drafts(Path(data_dir)) == []
