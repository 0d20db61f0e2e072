"""A server that knows people apart: nobody sees what is another's."""

from __future__ import annotations

import itertools
import json
import re

import pytest
from traitlets.config import Config

from jobs_ext.api.handler import verbs
from jobs_ext.api.routes import ROUTES
from jobs_ext.dialects import served
from tests.people import Named
from tests.serving import API, Api, python

MINE = """
name = "mine"
command = ["true"]
restricted = true
"""


@pytest.fixture
def jp_server_config(jp_server_config):
    config = Config(jp_server_config)
    config.ServerApp.identity_provider_class = Named
    config.JobsExtension.admins = {"root"}
    return config


@pytest.fixture
def ada(jp_fetch):
    return Api(jp_fetch, {"X-Name": "ada"})


@pytest.fixture
def root(jp_fetch):
    return Api(jp_fetch, {"X-Name": "root"})


@pytest.fixture
def bob(jp_fetch):
    return Api(jp_fetch, {"X-Name": "bob"})


async def test_nobody_sees_or_touches_what_is_anothers(ada, bob):
    job = await ada.submit(python("pass"), hold=True)
    assert job["owner"] == "ada"
    assert (await bob("GET", "jobs")).json["items"] == []
    for verb, path in (
        ("GET", ""),
        ("GET", "/view"),
        ("GET", "/history"),
        ("GET", "/logs"),
        ("GET", "/outputs"),
        ("GET", "/outputs/a.txt"),
        ("POST", "/cancel"),
        ("POST", "/release"),
        ("POST", "/rerun"),
        ("DELETE", ""),
    ):
        assert (await bob(verb, f"jobs/{job['id']}{path}")).status == 404, (verb, path)
    assert (await ada("GET", f"jobs/{job['id']}")).json == job


async def test_nobody_hears_of_what_is_anothers(ada, bob, jp_ws_fetch):
    socket = await jp_ws_fetch(*API, "events", headers={"X-Name": "bob"})
    assert json.loads(await socket.read_message())["jobs"] == []
    await ada.submit(python("pass"), hold=True)
    mine = await bob.submit(python("pass"), hold=True)
    frame = json.loads(await socket.read_message())
    assert [one["id"] for one in frame["jobs"]] == [mine["id"]]
    socket.close()


MARK = "zebra"  # in all that ada's jobs are, have and made


async def things_of_ada(ada) -> list[tuple[str, str]]:
    """Return what addresses can name of what ada has: a thing, and something in it."""
    assert (await ada("POST", "projects", {"name": "adas", "title": MARK})).status == 201
    content = "projects/adas/datasets/set/content"
    assert (await ada("PUT", content, f"{MARK} in a set".encode())).status == 201
    code = f"import sys; print('{MARK}', sys.argv); open('out.txt', 'w').write('{MARK}')"
    said = {"name": MARK, "project": "adas", "outputs": ["out.txt"]}
    job = await ada.submit([*python(code), MARK], **said)
    request = {"target": {"command": ["echo", MARK]}, "arguments": [{}], "options": {"name": MARK}}
    batch = (await ada("POST", "batches", request)).json
    await ada.ended(job["id"])
    own = [(one, "out.txt") for one in (job["id"], str(job["pk"]), batch["id"])]
    return [*own, ("adas", "set"), ("adas", job["id"])]


def addresses(names) -> set[str]:
    """Return every address there is to GET, below the base URL, with each of these names in it."""
    paths = [f"jobs-ext/api/v1/{route.path}" for route in ROUTES if "GET" in verbs(route.handler)]
    for dialect in served.DIALECTS.values():
        paths += [f"jobs-ext/{dialect.name}/{r.path}" for r in dialect.routes if r.method == "GET"]
    found = {"metrics"}
    for path in paths:
        for thing, within in names:
            named = re.sub(r"\{[^}]*\}", within, re.sub(r"\{[^}]*\}", thing, path, count=1))
            found.add(named.rstrip("/"))
    return found - {"jobs-ext/api/v1/events"}


async def test_no_address_of_any_dialect_tells_what_is_anothers(ada, bob, jp_fetch):
    there = sorted(addresses(await things_of_ada(ada)))
    told: dict[str, set[str]] = {"ada": set(), "bob": set()}
    for address, (name, tells) in itertools.product(there, told.items()):
        answer = await jp_fetch(address, headers={"X-Name": name}, raise_error=False)
        assert answer.code < 500, address
        if MARK.encode() in (answer.body or b"") + str(answer.headers).encode():
            tells.add(address)
    assert told["bob"] == set()
    roots = {address.split("/")[1] for address in told["ada"]}
    assert roots >= {"api", "agave", "ufdl"}, told["ada"]  # so one sees it who may
    assert len(told["ada"]) > 20


async def test_grants_by_rest_and_what_grantees_hear(ada, bob, jp_ws_fetch):
    job = await ada.submit(python("pass"), hold=True)
    path = f"jobs/{job['id']}"
    socket = await jp_ws_fetch(*API, "events", headers={"X-Name": "bob"})
    assert json.loads(await socket.read_message())["jobs"] == []
    grant = {"grantee": "bob", "read": True, "write": False, "execute": False}
    assert (await ada("PUT", f"{path}/grants/bob", {})).json == grant
    assert (await bob("GET", f"{path}/grants")).json["items"] == [grant]
    frame = json.loads(await socket.read_message())
    assert [one["id"] for one in frame["jobs"]] == [job["id"]]
    assert [one["id"] for one in (await bob("GET", "jobs")).json["items"]] == [job["id"]]
    only = await jp_ws_fetch(*API, "events", headers={"X-Name": "bob"}, params={"job": job["id"]})
    assert [one["id"] for one in json.loads(await only.read_message())["jobs"]] == [job["id"]]
    answer = await bob("POST", f"{path}/cancel")
    assert (answer.status, "write=True" in answer.json["hint"]) == (403, True)
    assert (await bob("PUT", f"{path}/grants/eve", {})).status == 403
    assert (await ada("PUT", f"{path}/grants/eve", {"red": True})).json["field"] == "red"
    assert (await ada("DELETE", f"{path}/grants/eve")).status == 404
    assert (await ada("DELETE", f"{path}/grants/bob")).status == 204
    for one in (socket, only):
        assert json.loads(await one.read_message())["deleted"] == [job["id"]]
    only.close()
    assert (await bob("GET", path)).status == 404
    assert (await ada("PUT", f"{path}/grants/world", {"write": True})).status == 200
    assert (await bob("POST", f"{path}/cancel")).json["status"] == "CANCELLED"
    assert (await ada("DELETE", f"{path}/grants")).status == 204
    assert (await bob("GET", path)).status == 404
    socket.close()


async def test_a_restricted_tool_is_for_who_was_let_in(root, bob, data_dir):
    (data_dir / "tools").mkdir(parents=True, exist_ok=True)
    (data_dir / "tools" / "mine.toml").write_text(MINE)
    wanted = {"target": {"tool": "mine"}, "options": {"hold": True}}
    assert "mine" not in [one["name"] for one in (await bob("GET", "tools")).json["items"]]
    assert (await bob("GET", "tools/mine")).status == 404
    assert (await bob("POST", "jobs", wanted)).status == 400
    assert (await bob("PUT", "tools/mine/grants/bob", {})).status == 404
    grant = {"grantee": "bob", "read": True, "write": False, "execute": False}
    assert (await root("PUT", "tools/mine/grants/bob", {})).json == grant
    assert (await bob("GET", "tools/mine-1.0/grants")).json["items"] == [grant]
    assert (await bob("POST", "jobs", wanted)).status == 403
    assert (await bob("PUT", "tools/mine/grants/eve", {})).status == 403
    await root("PUT", "tools/mine/grants/world", {"execute": True})
    assert (await bob("POST", "jobs", wanted)).status == 201
    assert (await root("PUT", "tools/wc/grants/bob", {})).status == 409
    assert (await root("DELETE", "tools/mine/grants/world")).status == 204
    assert (await root("DELETE", "tools/mine/grants")).status == 204
    assert (await bob("GET", "tools/mine")).status == 404


async def test_a_kernels_jobs_belong_to_who_started_it(jp_fetch, jp_serverapp, ada):
    body = json.dumps({"name": "python3"})
    response = await jp_fetch("api", "kernels", method="POST", body=body, headers={"X-Name": "ada"})
    kernel = json.loads(response.body)["id"]
    key = jp_serverapp.web_app.settings["jobs_ext_backend"].keys.key(kernel)
    pair = {"X-Jobs-Ext-Kernel": kernel, "X-Jobs-Ext-Key": key}
    job = await Api(jp_fetch, pair).submit(python("pass"), hold=True)
    assert job["owner"] == "ada"
    job = await Api(jp_fetch, pair | {"X-Name": "bob"}).submit(python("pass"), hold=True)
    assert job["owner"] == "ada"
