"""Projects over HTTP: made, listed, changed, deleted, and what is refused."""

from __future__ import annotations

import pytest


async def test_the_life_of_a_project(api):
    made = await api("POST", "projects", {"name": "a b ü", "members": {"bob": "writer"}})
    assert made.status == 201
    assert made.headers["Location"].endswith("/projects/a%20b%20%C3%BC")
    path = "projects/a b ü"
    project = (await api("GET", path)).json
    assert project == made.json
    assert project["members"] == {"bob": "writer"}
    assert (project["visibility"], project["version"]) == ("private", 1)
    listed = (await api("GET", "projects")).json
    assert listed == {"items": [project], "next": None, "total": None}
    changed = (await api("PATCH", path, {"visibility": "public", "version": 1})).json
    assert (changed["visibility"], changed["version"]) == ("public", 2)
    assert (await api("PATCH", path, {"title": "x", "version": 1})).status == 409
    assert (await api("POST", "projects", {"name": "a b ü"})).status == 409
    assert (await api("DELETE", path)).status == 204
    assert (await api("GET", path)).status == 404
    assert (await api("DELETE", path)).status == 404


async def test_jobs_name_their_project(api):
    await api("POST", "projects", {"name": "p"})
    job = await api.submit(["true"], project="p", hold=True)
    assert job["project"] == "p"
    found = (await api("GET", "jobs", params={"project": "p"})).json["items"]
    assert [one["id"] for one in found] == [job["id"]]


BAD = [
    ({}, "name"),
    ({"name": 7}, "name"),
    ({"name": "p", "colour": "red"}, "colour"),
    ({"name": "p", "visibility": "secret"}, "visibility"),
    ({"name": "p", "members": {"bob": "king"}}, "members.bob"),
    ({"name": "p", "members": ["bob"]}, "members"),
    ({"name": "\0"}, "name"),
]


@pytest.mark.parametrize(("body", "field"), BAD)
async def test_what_can_not_be_is_refused_by_its_field(api, body, field):
    answer = await api("POST", "projects", body)
    assert (answer.status, answer.json["field"]) == (400, field)


async def test_filters_and_pages(api):
    for name in ("a", "b", "c"):
        await api("POST", "projects", {"name": name, "title": name.upper()})
    found = (await api("GET", "projects", params={"filter": "title != B", "limit": "1"})).json
    assert [one["name"] for one in found["items"]] == ["a"]
    query = {"filter": "title != B", "cursor": found["next"]}
    assert [one["name"] for one in (await api("GET", "projects", params=query)).json["items"]] == [
        "c"
    ]
    assert (await api("GET", "projects", params={"filter": "x = 1"})).status == 400
    assert (await api("GET", "projects", params={"cursor": "x"})).status == 400
    assert (await api("GET", "projects", params={"limit": "0"})).status == 400
