"""Every live route × everybody who may ask: who gets what, by one table."""

from __future__ import annotations

import json
import re

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
from tests.api.cases import GRANTEES, KEYS, LOGINS, NOBODY, OUT, TABLE
from tests.api.test_routes import live_rules
from tests.people import Named
from tests.serving import API, Api, python

OWN = frozenset({"read", "submit", "run"})
ANN = Principal("ann", OWN)
ANNS_NODE = Principal("ann", frozenset({"work"}))
ROOT = Principal.all("root")
TRUE = Target(command=["true"])
HELD = Options(hold=True)


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
