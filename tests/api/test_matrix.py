"""Every live route × everybody who may ask: who gets what, by one table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from traitlets.config import Config

from jobs_ext.api.handler import verbs
from jobs_ext.model.grant import GrantRequest
from jobs_ext.model.ids import new_id
from jobs_ext.model.key import KeyRequest
from jobs_ext.model.node import NodeRequest
from jobs_ext.model.notification import Notify
from jobs_ext.model.project import ProjectRequest
from jobs_ext.model.request import BatchRequest, Options, SubmitRequest, Target
from jobs_ext.model.tool import Tool
from jobs_ext.service import Principal
from jobs_ext.service.uploads import Draft
from tests.api.test_routes import live_rules
from tests.people import Named
from tests.serving import API, Api, python

OWN = frozenset({"read", "submit", "run"})
ANN = Principal("ann", OWN)
ANNS_NODE = Principal("ann", frozenset({"work"}))
ROOT = Principal.all("root")
TRUE = Target(command=["true"])
HELD = Options(hold=True)
NOBODY = "https://example.org/"
UNKNOWN = {"ids": [new_id()]}  # each job is refused by itself

#: Everybody who may ask. `ann` owns the things; three were granted something on her jobs, and on
#: the tool; `key …` are her keys, each with that verb alone.
LOGINS = ("ann", "reader", "writer", "executor", "stranger", "root")
KEYS = ("key read", "key submit", "key run", "key work", "key manage")
OUT = {"expired": 401, "revoked": 401, "nobody": 403}

READERS = {"ann", "reader", "writer", "executor", "root", "key read"}
WRITERS = {"ann", "writer", "root", "key submit", "key run"}
TELLERS = {"ann", "writer", "root", "key read"}
EXECUTORS = {"ann", "executor", "root", "key submit", "key run"}
OWNERS = {"ann", "root", "key submit", "key run"}
SUBMITTERS = {*LOGINS, "key run"}
MEMBERS = {"ann", "reader", "writer", "root", "key read"}
OUTSIDERS = {"stranger", "executor"}
WORKERS = {"root", "key work"}
GRANTEES = {"reader", "writer", "executor"}
ALL_BLIND = {"stranger", *GRANTEES}


class Case(NamedTuple):
    """What a request is answered: `ok` to those who may, 404 to the `blind`, 403 to the others."""

    ok: int
    may: Set[str]
    blind: Set[str] = frozenset({"stranger"})
    body: Any = None  # or what makes one
    more: Mapping[str, int] = MappingProxyType({})  # answers that are others still
    query: Mapping[str, str] = MappingProxyType({})


#: `{job}` is one of ann's that waits, `{done}` one that has ended and left a.txt, `{gone}` one in
#: the trash; `{mine}` a restricted tool. What stands behind a blank tells cases of a route apart.
TABLE = {
    "GET ": Case(200, {*LOGINS, *KEYS} - {"key manage"}),
    "GET openapi.json": Case(200, {*LOGINS, *KEYS}),
    "GET tools": Case(200, {*LOGINS, "key read"}),
    "GET tools/{open}": Case(200, {*LOGINS, "key read"}),
    "GET tools/{tool}": Case(200, {*GRANTEES, "root"}, {"ann", "stranger", "key read"}),
    "POST tools": Case(201, {"root"}, set(), lambda: {"name": new_id(), "command": ["true"]}),
    "PUT tools/{made}": Case(200, {"root"}, set(), {"name": "made", "command": ["false"]}),
    "DELETE tools/{made}": Case(204, {"root"}, set()),
    "GET tools/{tool}/grants": Case(200, {*GRANTEES, "root"}, {"ann", "stranger", "key read"}),
    "DELETE tools/{open}/grants": Case(204, {"root"}, set()),
    "PUT tools/{tool}/grants/{grantee}": Case(
        200, {"writer", "root"}, {"ann", "stranger", "key submit", "key run"}, {}
    ),
    "DELETE tools/{tool}/grants/{grantee}": Case(
        204, {"writer", "root"}, {"ann", "stranger", "key submit", "key run"}
    ),
    "GET queues": Case(200, {*LOGINS, "key read"}),
    "GET retention": Case(200, {*LOGINS, "key read"}),
    "POST check": Case(200, SUBMITTERS, body={"target": {"command": ["true"]}}),
    "GET jobs": Case(200, {*LOGINS, "key read"}),
    "POST jobs": Case(
        201, SUBMITTERS, body={"target": {"command": ["true"]}, "options": {"hold": True}}
    ),
    "POST jobs of an open tool": Case(
        201,
        {*SUBMITTERS, "key submit"},
        body={
            "target": {"tool": "open"},
            "options": {"hold": True},
        },
    ),
    "POST jobs of a restricted tool": Case(
        201,
        {"executor", "root"},
        set(),
        {"target": {"tool": "mine"}, "options": {"hold": True}},
        dict.fromkeys(("ann", "stranger", "key submit", "key run"), 400),
    ),
    "POST jobs/search": Case(200, {*LOGINS, "key read"}, body={}),
    "POST jobs/bulk/cancel": Case(200, {*SUBMITTERS, "key submit"}, set(), UNKNOWN),
    "POST jobs/bulk/delete": Case(200, {*SUBMITTERS, "key submit"}, set(), UNKNOWN),
    "POST jobs/bulk/reset": Case(200, {*SUBMITTERS, "key submit"}, set(), UNKNOWN),
    "POST jobs/bulk/reinstate": Case(200, {*SUBMITTERS, "key submit"}, set(), UNKNOWN),
    "GET jobs/{job}": Case(200, READERS),
    "DELETE jobs/{job}": Case(204, WRITERS),
    "PATCH jobs/{job}": Case(200, WRITERS, body={"priority": 1}),
    "POST jobs/{job}/cancel": Case(202, WRITERS),
    "POST jobs/{gone}/reinstate": Case(200, WRITERS),
    "POST jobs/{job}/purge": Case(202, OWNERS),
    "POST jobs/{job}/release": Case(200, WRITERS),
    "POST jobs/{job}/abort": Case(409, WRITERS),
    "POST jobs/{done}/rerun": Case(
        201, EXECUTORS - {"key submit"}, body={"options": {"hold": True}}
    ),
    "POST jobs/{job}/reset": Case(409, EXECUTORS),
    "GET jobs/{job}/view": Case(200, READERS),
    "GET jobs/{job}/code": Case(200, READERS),
    "GET jobs/{job}/provenance": Case(200, READERS),
    "GET jobs/{job}/history": Case(200, READERS),
    "GET jobs/{job}/notifications": Case(200, TELLERS),
    "POST jobs/{job}/notifications": Case(201, WRITERS, body={"url": NOBODY}),
    "GET jobs/{job}/notifications/{notification}": Case(200, TELLERS),
    "DELETE jobs/{job}/notifications/{notification}": Case(204, WRITERS),
    "GET jobs/{job}/grants": Case(200, READERS),
    "DELETE jobs/{job}/grants": Case(204, WRITERS),
    "PUT jobs/{job}/grants/{grantee}": Case(200, WRITERS, body={}),
    "DELETE jobs/{job}/grants/{grantee}": Case(204, WRITERS),
    "GET jobs/{done}/archive": Case(200, READERS),
    "POST jobs/{done}/archive": Case(202, WRITERS, body={"folder": "kept"}),
    "GET jobs/{done}/logs": Case(200, READERS),
    "GET jobs/{done}/outputs": Case(200, READERS),
    "GET jobs/{done}/outputs.zip": Case(200, READERS),
    "GET jobs/{done}/outputs/a.txt": Case(200, READERS),
    "HEAD jobs/{done}/outputs/a.txt": Case(200, READERS),
    "PUT jobs/{done}/outputs/b.txt": Case(200, WRITERS, body=b"b"),
    "DELETE jobs/{done}/outputs/b.txt": Case(204, WRITERS),
    "GET batches": Case(200, {*LOGINS, "key read"}),
    "POST batches": Case(
        201,
        SUBMITTERS,
        body={"target": {"command": ["true"]}, "arguments": [{}], "options": {"hold": True}},
    ),
    "GET batches/{batch}": Case(200, {"ann", "root", "key read"}, ALL_BLIND),
    "DELETE batches/{batch}": Case(204, OWNERS, ALL_BLIND),
    "PATCH batches/{batch}": Case(200, OWNERS, ALL_BLIND, {"priority": 1}),
    "POST batches/{batch}/cancel": Case(202, OWNERS, ALL_BLIND),
    "POST batches/{batch}/reinstate": Case(409, OWNERS, ALL_BLIND),
    "POST batches/{batch}/purge": Case(202, OWNERS, ALL_BLIND),
    "POST batches/{batch}/reset": Case(409, OWNERS, ALL_BLIND),
    "POST batches/{batch}/release": Case(200, OWNERS, ALL_BLIND),
    "GET batches/{batch}/notifications": Case(200, {"ann", "root", "key read"}, ALL_BLIND),
    "POST batches/{batch}/notifications": Case(201, OWNERS, ALL_BLIND, {"url": NOBODY}),
    "GET batches/{batch}/notifications/{notification}": Case(
        200, {"ann", "root", "key read"}, ALL_BLIND
    ),
    "DELETE batches/{batch}/notifications/{notification}": Case(204, OWNERS, ALL_BLIND),
    "GET batches/{batch}/outputs.zip": Case(200, {"ann", "root", "key read"}, ALL_BLIND),
    "GET batches/{batch}/jobs": Case(200, {"ann", "root", "key read"}, ALL_BLIND),
    "GET batches/{batch}/view": Case(200, {"ann", "root", "key read"}, ALL_BLIND),
    "GET notifications": Case(200, {*LOGINS, "key read"}),
    "GET projects": Case(200, {*LOGINS, "key read"}),
    "POST projects": Case(201, {*LOGINS, "key submit", "key run"}, body=lambda: {"name": new_id()}),
    "GET projects/{project}": Case(
        200, {"ann", "reader", "writer", "root", "key read"}, {"stranger", "executor"}
    ),
    "PATCH projects/{project}": Case(200, OWNERS, {"stranger", "executor"}, {"title": "t"}),
    "DELETE projects/{project}": Case(204, OWNERS, {"stranger", "executor"}),
    "GET projects/{project}/datasets": Case(200, MEMBERS, OUTSIDERS),
    "GET projects/{project}/datasets/{dataset}": Case(200, MEMBERS, OUTSIDERS),
    "GET projects/{project}/datasets/{dataset}/content": Case(200, MEMBERS, OUTSIDERS),
    "HEAD projects/{project}/datasets/{dataset}/content": Case(200, MEMBERS, OUTSIDERS),
    "PUT projects/{project}/datasets/{dataset}/content": Case(201, WRITERS, OUTSIDERS, b"b"),
    "DELETE projects/{project}/datasets/{dataset}": Case(204, OWNERS, OUTSIDERS),
    "GET nodes": Case(200, {*LOGINS, "key read", "key work"}),
    "POST nodes": Case(201, WORKERS, set(), body=lambda: {"name": new_id()}),
    "GET nodes/{node}": Case(200, {"ann", "root", "key read", "key work"}, ALL_BLIND),
    "DELETE nodes/{node}": Case(204, WORKERS, set()),
    "POST nodes/{node}/ping": Case(200, WORKERS, set()),
    "POST nodes/{node}/acquire": Case(200, WORKERS, set(), {}),
    "POST nodes/{node}/jobs/{job}/start": Case(409, WORKERS, set(), {"attempt": 1}),
    "POST nodes/{node}/jobs/{job}/progress": Case(409, WORKERS, set(), {"attempt": 1}),
    "POST nodes/{node}/jobs/{job}/finish": Case(
        409, WORKERS, set(), {"attempt": 1, "success": True}
    ),
    "POST nodes/{node}/jobs/{job}/release": Case(409, WORKERS, set(), {"attempt": 1}),
    "GET nodes/{node}/jobs/{job}/inputs/0": Case(409, WORKERS, set(), query={"attempt": "1"}),
    "PUT nodes/{node}/jobs/{job}/outputs/a.txt": Case(
        409, WORKERS, set(), b"a", query={"attempt": "1"}
    ),
    "GET keys": Case(200, {*LOGINS}),
    "POST keys": Case(201, {*LOGINS}, body={"name": "k", "verbs": ["read"]}),
    "GET keys/{key}": Case(200, {"ann", "root"}, ALL_BLIND),
    "DELETE keys/{key}": Case(204, {"ann", "root"}, ALL_BLIND),
    "GET events": Case(426, {*LOGINS, *KEYS}),
}


@pytest.fixture
def jp_server_config(jp_server_config, data_dir):
    (data_dir / "tools").mkdir(parents=True)
    for name in ("open", "mine"):
        text = f'name = "{name}"\ncommand = ["true"]\nrestricted = {name == "mine"}\n'
        (data_dir / "tools" / f"{name}.toml").write_text(text.replace("True", "true").lower())
    config = Config(jp_server_config)
    config.ServerApp.identity_provider_class = Named
    config.JobsExtension.admins = {"root"}
    return config


@pytest.fixture
def service(jp_serverapp, extension):
    return extension.backend.service


@pytest.fixture
def people(jp_fetch, service):
    """Everybody, by name."""
    found = {name: Api(jp_fetch, {"X-Name": name}) for name in LOGINS}
    for name in KEYS:
        found[name] = keyed(jp_fetch, service, [name.removeprefix("key ")], ROOT)
    found["expired"] = keyed(jp_fetch, service, ["read"], ANN, expires=1e-6)
    found["revoked"] = keyed(jp_fetch, service, ["read"], ANN)
    service.keys.revoke(ANN, service.keys.list(ANN).items[0].id)
    return found | {"nobody": Api(jp_fetch)}


def keyed(jp_fetch, service, verbs_, maker, **more):
    made = service.keys.create(maker, KeyRequest(name="k", verbs=verbs_, owner="ann", **more))
    return Api(jp_fetch, {"Authorization": f"Bearer {made.key}"})


class Things:
    """What the paths name: made anew for each request that may change it."""

    def __init__(self, service, done):
        self.service = service
        self.done = done

    def job(self):
        made = self.service.jobs.submit(ANN, SubmitRequest(TRUE, options=HELD)).id
        self.share(made)
        return made

    def share(self, job):
        for grantee in GRANTEES:
            rights = {"write": grantee == "writer", "execute": grantee == "executor"}
            self.service.grants.put(ANN, job, grantee, GrantRequest(**rights))

    def batch(self):
        return self.service.batches.submit(ANN, BatchRequest(TRUE, [{}], options=HELD)).id

    def gone(self):
        job = self.job()
        self.service.jobs.delete(ANN, job)
        return job

    def key(self):
        return self.service.keys.create(ANN, KeyRequest(name="k", verbs=["read"])).id

    def project(self):
        name = new_id()
        members = {"reader": "reader", "writer": "writer"}
        self.service.projects.create(ANN, ProjectRequest(name, members=members))
        draft = Draft(self.service.paths)
        draft.write(b"a")
        self.service.datasets.add(ANN, name, "a.txt", "text/plain", draft)
        return name

    def node(self):
        return self.service.nodes.register(ANNS_NODE, NodeRequest(name=new_id()))[0].id

    def notification(self, kind, of):
        return self.service.notifications.add(ANN, kind, of, Notify(url=NOBODY)).id

    def tool(self):
        for grantee in GRANTEES:
            rights = {"write": grantee == "writer", "execute": grantee == "executor"}
            self.service.tool_grants.put(ROOT, "mine", grantee, GrantRequest(**rights))
        return "mine"

    def made(self):
        known = [tool.name for tool in self.service.tools.list(ROOT)]
        if "made" not in known:
            self.service.tool_making.add(ROOT, Tool(name="made", command=["true"]))
        return "made-1.0"

    def path(self, told):
        """Return the path of a case with what it names."""
        _, path = split(told)
        parts: dict[str, str] = {"done": self.done, "grantee": "reader", "open": "open"}
        parts["dataset"] = "a.txt"
        for name in ("job", "batch", "gone", "key", "node", "project", "made"):
            if f"{{{name}}}" in path:
                parts[name] = getattr(self, name)()
        if "tool}" in told or "restricted" in told:
            parts["tool"] = self.tool()
        if "{notification}" in path:
            kind = "job" if "job" in parts else "batch"
            parts["notification"] = self.notification(kind, parts[kind])
        return path.format(**parts)


async def things_of(people, service):
    ann = people["ann"]
    code = "import os; open(os.environ['JOBS_OUTPUT_DIR'] + '/a.txt', 'w').write('a')"
    done = (await ann.submit(python(code)))["id"]
    await ann.ended(done)
    made = Things(service, done)
    made.share(done)
    assert (await ann("POST", f"jobs/{done}/archive", {"folder": "kept"})).status == 202
    return made


def test_every_live_route_is_in_the_table(jp_serverapp):
    live = set()
    for pattern, handler in live_rules(jp_serverapp):
        _, native, below = pattern.rstrip("$").partition("/".join(API))
        if native:
            plain = below.removesuffix("/?").lstrip("/").replace("[^/]", "").replace("\\", "")
            live |= {(verb, shape(plain)) for verb in verbs(handler)}
    assert live == {(verb, shape(path)) for verb, path in map(split, TABLE)}


def split(case):
    verb, path, *_ = case.split(" ")
    return verb, path


def shape(path):
    """Return a path with a dot for whatever is named in it."""
    named = re.sub(r"outputs/[ab].txt", "outputs/{name}", path)
    named = named.replace("inputs/0", "inputs/{number}")
    return re.sub(r"\{[^}]*\}|\([^)]*\)", ".", named)


def expected(case, name):
    """Return the status that a case has for somebody."""
    if name in case.more:
        return case.more[name]
    if name in OUT:
        return OUT[name]
    if name in case.may:
        return case.ok
    return 404 if name in case.blind else 403


async def test_everybody_gets_what_the_table_says(people, service):
    things = await things_of(people, service)
    wrong = []
    for told, case in TABLE.items():
        verb, path = split(told)
        address = things.path(told)
        for name in sorted(people, key=case.may.__contains__):  # those first who change nothing
            if name in case.may and verb not in ("GET", "HEAD"):
                address = things.path(told)
            if "b.txt" in path and name in case.may:
                await people["ann"]("PUT", address, b"b")
            body = case.body() if callable(case.body) else case.body
            answer = await people[name](verb, address, body, params=dict(case.query))
            if answer.status != expected(case, name):
                wrong.append((told, name, answer.status, expected(case, name), answer.body))
    assert wrong == []


LISTS = ("jobs", "jobs?deleted=true", "batches", "keys", "notifications")


async def test_two_people_see_what_is_theirs(people, service, jp_ws_fetch):
    things = Things(service, "")
    secret = {things.job(), things.gone(), things.batch(), things.key()}
    secret.add(things.notification("job", min(secret)))
    service.grants.clear(ANN, min(secret))  # the oldest: the job
    bob = people["stranger"]
    own = [(await bob.submit(["true"], hold=True))["id"] for _ in range(2)]
    assert (await bob("DELETE", f"jobs/{own[1]}")).status == 204
    for listing in LISTS:
        path, _, query = listing.partition("?")
        params = dict([query.split("=")]) if query else {}
        page = (await bob("GET", path, params=params)).json
        assert {one["id"] for one in page["items"]} <= set(own), listing
        seen = {
            one["id"] for one in (await people["root"]("GET", path, params=params)).json["items"]
        }
        assert seen & secret, listing
    assert (await bob("GET", "jobs")).json["total"] == 1
    found = (await bob("POST", "jobs/search", {"filter": "owner = ann"})).json
    assert (found["items"], found["total"]) == ([], None)
    assert service.jobs.counts(Principal("stranger", OWN))["PENDING"] == 1
    for since in ({}, {"since": "0"}):
        socket = await jp_ws_fetch(*API, "events", headers={"X-Name": "stranger"}, params=since)
        frame = json.loads(await socket.read_message())
        assert frame["batches"] == []
        assert {one["id"] for one in frame["jobs"]} <= set(own)
        assert not secret & {*frame.get("deleted", [])}
        socket.close()
