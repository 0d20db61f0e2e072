"""Data sets over HTTP: sent, listed, ranges, versions, jobs that read them, refusals."""

from __future__ import annotations

import pytest

CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def put(api):
    async def put_(content=b"a\n1\n", name="t.csv", **options):
        await api("POST", "projects", {"name": "p"})  # the first time; 409 later
        return await api("PUT", f"projects/p/datasets/{name}/content", content, **options)

    return put_


async def test_the_life_of_a_data_set(api, put):
    made = await put(headers=CSV)
    assert made.status == 201
    assert (made.json["version"], made.json["size"], made.json["media_type"]) == (1, 4, "text/csv")
    assert (await put(b"second", params={"version": "2"})).json["version"] == 2
    again = await put(b"third", params={"version": "2"})
    assert (again.status, again.json["field"]) == (409, "version")
    listed = (await api("GET", "projects/p/datasets")).json["items"]
    assert [(one["name"], one["version"]) for one in listed] == [("t.csv", 2)]
    path = "projects/p/datasets/t.csv"
    assert [one["version"] for one in (await api("GET", path)).json["items"]] == [2, 1]
    assert (await api("GET", f"{path}/content")).body == b"second"
    part = await api("GET", f"{path}/content", headers={"Range": "bytes=2-3"})
    assert (part.status, part.body) == (206, b"co")
    old = await api("GET", f"{path}/content", params={"version": "1"})
    assert (old.body, old.headers["Content-Type"]) == (b"a\n1\n", "text/csv")
    assert "sandbox" in old.headers["Content-Security-Policy"]
    assert (await api("HEAD", f"{path}/content")).headers["Content-Length"] == "6"
    assert (await api("DELETE", path, params={"version": "2"})).status == 204
    assert (await api("GET", f"{path}/content")).body == b"a\n1\n"
    assert (await api("DELETE", path)).status == 204
    for verb, place in (("GET", path), ("GET", f"{path}/content"), ("DELETE", path)):
        assert (await api(verb, place)).status == 404


async def test_a_large_one_and_an_empty_one(api, put, data_dir):
    large = bytes(range(256)) * 20_000
    assert (await put(large)).json["size"] == len(large)
    assert (await api("GET", "projects/p/datasets/t.csv/content")).body == large
    assert (await put(b"", name="none")).json["size"] == 0
    assert (await api("GET", "projects/p/datasets/none/content")).body == b""
    assert len(list((data_dir / "parts").iterdir())) == 2


async def test_a_job_reads_the_version_that_was_the_newest(api, put):
    await put(b"first\n")
    given = {"$dataset": {"project": "p", "name": "t.csv"}}
    request = {"target": {"command": ["cat", "{f}"]}, "arguments": {"f": given}}
    request["options"] = {"cwd": "private", "hold": True}
    job = (await api("POST", "jobs", request)).json["id"]
    await put(b"second\n")
    assert (await api("DELETE", "projects/p/datasets/t.csv", params={"version": "1"})).status == 204
    await api("POST", f"jobs/{job}/release")
    assert (await api.ended(job))["status"] == "SUCCEEDED"
    assert b"first" in (await api("GET", f"jobs/{job}/logs")).body


async def test_what_can_not_be_is_refused(api, put, data_dir):
    path = "projects/p/datasets/t.csv"
    for version in ("0", "-1", "x", str(2**63), ""):
        for verb, place in (("GET", f"{path}/content"), ("DELETE", path)):
            answer = await api(verb, place, params={"version": version})
            assert (answer.status, answer.json["field"]) == (400, "version")
        assert (await put(params={"version": version})).status == 400
    assert (await put(params={"colour": "red"})).status == 400
    for name in ("..", "\0", "x" * 300, "a\nb"):
        assert (await put(name=name)).status == 400
    assert (await api("PUT", "projects/q/datasets/t.csv/content", b"x")).status == 404
    assert (await api("GET", "projects/p/datasets", params={"cursor": "x"})).status == 400
    assert (await api("GET", path, params={"limit": "0"})).status == 400
    assert list((data_dir / "parts").iterdir()) == []
