"""What an owner may keep, as clients are told: before a file is sent, while it comes, and after."""

from __future__ import annotations

import pytest

from tests.serving import multipart, python

MOST = 3_000_000  # bytes


@pytest.fixture
def jp_server_config(jp_server_config):
    jp_server_config["JobsExtension"]["policy"] = {"max_stored": "3MB"}
    return jp_server_config


def names_the_limit(answer) -> bool:
    told = answer.json
    return (
        (answer.status, told["type"], told["field"]) == (507, "over_quota", "user")
        and told["value"] > MOST
        and "max_stored" in told["hint"]
    )


async def test_uploads_are_refused_beyond_it_and_nothing_is_left(api, data_dir):
    about = (await api("GET", "")).json
    assert (about["policy"]["max_stored"], about["stored"]) == ("3MB", 0)
    job = await api.submit(python("pass"))
    await api.ended(job["id"])
    outputs = f"jobs/{job['id']}/outputs"
    assert (await api("PUT", f"{outputs}/a", body=b"a" * 2_000_000)).status == 201
    for size in (1_500_000, 4_000_000):  # known when it is there; and while it comes
        assert names_the_limit(await api("PUT", f"{outputs}/b", body=b"b" * size))
        request = {"target": {"command": ["wc", "{f}"]}, "arguments": {"f": {"$part": "f"}}}
        kind, body = multipart(request, {"f": ("f.txt", b"f" * size)})
        headers = {"Content-Type": kind}
        assert names_the_limit(await api("POST", "jobs", body=body, headers=headers))
    assert (await api("GET", "")).json["stored"] == 2_000_000
    assert list((data_dir / "parts").iterdir()) == []
    assert (await api("DELETE", f"{outputs}/a")).status == 204
    assert (await api("PUT", f"{outputs}/b", body=b"b" * 1_500_000)).status == 201


async def test_a_data_set_is_one_owners(api):
    await api("POST", "projects", {"name": "p"})
    content = "projects/p/datasets/d/content"
    assert (await api("PUT", content, body=b"d" * 2_000_000)).status == 201
    assert names_the_limit(await api("PUT", content, body=b"e" * 2_000_000))
    batch = {"target": {"command": ["true"]}, "arguments": [{}]}
    assert (await api("POST", "batches", batch)).status == 201
    assert (await api("DELETE", "projects/p/datasets/d")).status == 204
    assert (await api("GET", "")).json["stored"] == 0
