"""phyloDB: who may do what."""

from __future__ import annotations

import itertools
import uuid

import pytest

from jobs_ext.dialects.phylodb.table import PHYLODB, Settings
from jobs_ext.dialects.phylodb.wire import Refused
from jobs_ext.dialects.table import Call
from tests.dialects.phylodb.site import (
    RADIAL,
    TABLE,
    TREE,
    Site,
    make_dataset,
    make_project,
    submit,
)


def test_members_do_everything_in_a_project_and_strangers_nothing(site, user, project):
    ann, eve = user("ann"), user("eve")
    body = {"id": project, "name": "T", "visibility": "private", "users": [{"id": "ann"}]}
    site("PUT", f"projects/{project}", 204, json=body)
    found = ann.get(f"projects/{project}")
    assert [one["id"] for one in found["users"]][1:] == ["ann"]
    assert {"id": project, "version": 2} in ann.get("projects")
    path = make_dataset(ann, project)
    ann.file(f"{path}/profiles/files", TABLE)
    made = submit(ann, path, 3)
    assert site.get(f"{path}/inferences") == [{"id": made["analysis_id"]}]
    assert [one["id"] for one in site.get(f"projects/{project}/jobs")] == [made["job_id"]]
    for verb, where in itertools.product(
        ("GET",), ("", "/jobs", "/datasets", path.removeprefix(f"projects/{project}"))
    ):
        answer = eve(verb, f"projects/{project}{where}", 401)
        assert answer.json()["message"] == "/problems/unauthorized"
    submit(eve, path, 3, status=401)
    eve("DELETE", f"projects/{project}/jobs/{made['job_id']}", 401)
    eve("PUT", f"projects/{project}", 401, json=body)
    eve("DELETE", f"projects/{project}", 401)
    ann("PUT", "taxa/other", 401, json={"id": "other"})
    assert project not in {one["id"] for one in eve.get("projects")}
    site("DELETE", f"projects/{project}", 204)
    ann("GET", f"projects/{project}", 401)
    ann("GET", f"projects/{project}/jobs", 401)


def test_everybody_reads_and_analyses_what_is_public(site, user):
    eve = user("eve")
    public = make_project(site, "public")
    path = make_dataset(site, public)
    site.file(f"{path}/profiles/files", TABLE)
    made = submit(eve, path, 3)
    assert eve.get(f"{path}/inferences/{made['analysis_id']}")["tree"] == TREE
    assert site.get(f"{path}/inferences/{made['analysis_id']}")["tree"] == TREE
    assert eve.get(f"projects/{public}/jobs")[0]["id"] == made["job_id"]
    other = submit(site, path, 2)
    eve("DELETE", f"projects/{public}/jobs/{other['job_id']}", 401)
    eve("DELETE", f"{path}/profiles/1", 401)
    eve("POST", f"projects/{public}/datasets", 401, json={})


def test_a_key_that_may_only_submit(site, user):
    key, reads = user("dot", ["submit"]), user("dot", ["read"])
    public, private = make_project(site, "public"), make_project(site)
    path = make_dataset(site, public)
    site.file(f"{path}/profiles/files", TABLE)
    made = submit(key, path, 3)["analysis_id"]
    assert submit(key, path, made, **RADIAL).keys() == {"job_id", "analysis_id"}
    submit(key, f"projects/{public}/datasets/none", 3, status=404)
    submit(key, make_dataset(site, private), 3, status=401)
    submit(reads, path, 3, status=401)
    for hidden in ("/jobs", "/datasets", f"/datasets/{path.split('/')[-1]}/inferences/{made}"):
        assert key("GET", f"projects/{public}{hidden}").status_code == 401
        reads("GET", f"projects/{public}{hidden}", 200)


def test_users(site, user):
    me = site.get("users", provider="google")
    assert [(one["provider"], one["version"]) for one in me] == [("google", 1)]
    assert site.get(f"users/{me[0]['email']}")["role"] == "admin"
    assert user("ann").get("users/ann")["role"] == "user"
    site("GET", "users/nobody", 404)


def test_a_provider_is_wanted_where_the_server_says_so():
    run = next(route.run for route in PHYLODB.routes if route.path == "projects/{project}/jobs")
    for provider in ((), ("facebook",)):
        call = Call(None, None, "", "GET", {}, {"provider": provider}, options=Settings(True))
        with pytest.raises(Refused, match="provider"):
            run(call, "p")


def test_who_is_not_known_is_told_401(site):
    stranger = Site(site.root, "nonsense")
    answer = stranger("GET", "taxa", 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer error=invalid_token"
    assert answer.json()["message"] == "/problems/invalid_token"
    known = site("GET", f"projects/{uuid.uuid4()}", 401)
    assert "WWW-Authenticate" not in known.headers


def test_who_is_refused_goes_on_over_the_same_connection(site):
    for _ in range(20):
        site("GET", "nothing", 404)
        site.get("taxa")
        site("PATCH", "taxa", 405, json={})
        site.get("taxa")
