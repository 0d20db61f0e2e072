"""The live routing table: closed to strangers, verb by verb, and the same as the document."""

from __future__ import annotations

import re

import pytest
from jupyter_server.auth import Authorizer
from jupyter_server.utils import JupyterServerAuthWarning
from tornado.httpclient import HTTPClientError
from traitlets.config import Config

from jobs_ext.api.routes import ROUTES, Unmatched
from jobs_ext.model.ids import new_id
from tests.serving import API, python

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ALLOWED = False


class Denier(Authorizer):
    """Lets nobody do anything of ours, once the test has made its job."""

    def is_authorized(self, handler, user, action, resource):
        return ALLOWED or not resource.startswith("jobs_ext:")


@pytest.fixture
def jp_server_config(jp_server_config):
    config = Config(jp_server_config)
    config.ServerApp.authorizer_class = Denier
    return config


@pytest.fixture
def allowed(monkeypatch):
    """Let the authorizer allow; the function that is given ends that."""
    monkeypatch.setitem(globals(), "ALLOWED", True)
    return lambda: monkeypatch.setitem(globals(), "ALLOWED", False)


def live_rules(serverapp):
    """Return the regular expression and the handler of every live route of the native API."""
    groups = [rule.target for rule in serverapp.web_app.default_router.rules]
    rules = [rule for group in groups for rule in getattr(group, "rules", [])]
    return [
        (rule.matcher.regex.pattern, rule.target)
        for rule in rules
        if getattr(rule.target, "__module__", "").startswith("jobs_ext.api.")
    ]


def paths_of(serverapp, job):
    """Return one address per live route, below the base URL."""
    base = serverapp.base_url
    found = []
    for pattern, _ in live_rules(serverapp):
        below = pattern.rstrip("$").removeprefix(base).removeprefix(re.escape(base))
        for group, value in (("(.+)", "a.txt"), ("([^/]+)", job), ("(?:/.*)?", "/no/where")):
            below = below.replace(group, value)
        found.append(below.replace("/?", "").split("/"))
    return found


async def state(api):
    """Return all that a request could have changed."""
    jobs = (await api("GET", "jobs")).json["items"]
    hidden = (await api("GET", "jobs", params={"deleted": "true"})).json["items"]
    return jobs, hidden, (await api("GET", "batches")).json["items"]


async def answers(jp_fetch, serverapp, job, headers):
    for path in paths_of(serverapp, job):
        for verb in VERBS:
            body = (
                b'{"target": {"command": ["true"]}}' if verb in ("POST", "PUT", "PATCH") else None
            )
            response = await jp_fetch(
                *path,
                method=verb,
                body=body,
                headers={"Content-Type": "application/json", **headers},
                raise_error=False,
                allow_nonstandard_methods=True,
                follow_redirects=False,
            )
            yield verb, "/".join(path), response


STRANGERS = {
    "no credentials": {"Authorization": ""},
    "wrong token": {"Authorization": "token wrong"},
    "wrong kernel key": {"X-Jobs-Ext-Kernel": "0", "X-Jobs-Ext-Key": "wrong"},
    "denied by the authorizer": {},
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
async def test_no_route_answers_a_stranger(api, jp_fetch, jp_serverapp, allowed, headers):
    job = await api.submit(python("pass"), hold=True)
    before = await state(api)
    if not headers:
        allowed()
    seen = 0
    async for verb, path, response in answers(jp_fetch, jp_serverapp, job["id"], headers):
        assert response.code in (401, 403), (verb, path, response.code, response.body)
        assert job["id"].encode() not in (response.body or b"")
        seen += 1
    assert seen == (len(ROUTES) + 1) * len(VERBS)
    globals()["ALLOWED"] = True
    assert await state(api) == before


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
async def test_no_stranger_listens(jp_ws_fetch, headers):
    with pytest.raises(HTTPClientError) as refused:
        await jp_ws_fetch(*API, "events", headers=dict(headers))
    assert refused.value.code == 403


async def test_live_routes_are_the_documented_ones(api, jp_serverapp, allowed):
    document = (await api("GET", "openapi.json")).json
    live = {}
    for pattern, handler in live_rules(jp_serverapp):
        if handler is not Unmatched:
            below = pattern.rstrip("$").split("/".join(API))[1].removesuffix("/?") or "/"
            live[re.sub(r"\([^)]*\)", "{}", below)] = handler
    told = {re.sub(r"\{\w+\}", "{}", path): item for path, item in document["paths"].items()}
    assert set(live) == set(told)
    for path, handler in live.items():
        documented = {verb.upper() for verb in told[path]} & set(VERBS)
        implemented = {v for v in VERBS if hasattr(getattr(handler, v.lower()), "operation")}
        assert documented == implemented, path


async def test_what_is_not_there(api, jp_fetch, allowed):
    answer = await api("GET", "no/such/thing")
    assert (answer.status, answer.json["type"]) == (404, "not_found")
    response = await jp_fetch("jobs-ext", raise_error=False)
    assert response.code == 404
    answer = await api("PUT", f"jobs/{new_id()}", {})
    assert (answer.status, answer.json["type"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, DELETE, PATCH"


async def test_the_authorizer_is_asked_for_the_right_thing(api, monkeypatch):
    asked = set()

    def note(self, handler, user, action, resource):
        asked.add(
            (handler.request.method, handler.request.path.rsplit("/", 1)[-1], action, resource)
        )
        return True

    monkeypatch.setattr(Denier, "is_authorized", note)
    job = await api.submit(python("pass"), hold=True)
    await api("GET", f"jobs/{job['id']}/outputs")
    await api("GET", "tools")
    await api("POST", f"jobs/{job['id']}/rerun", {})
    await api("POST", f"jobs/{job['id']}/cancel")
    assert asked == {
        ("POST", "jobs", "execute", "jobs_ext:jobs"),
        ("GET", "outputs", "read", "jobs_ext:outputs"),
        ("GET", "tools", "read", "jobs_ext:tools"),
        ("POST", "rerun", "execute", "jobs_ext:jobs"),
        ("POST", "cancel", "write", "jobs_ext:jobs"),
    }


@pytest.fixture
def strict_config(jp_server_config):
    config = Config(jp_server_config)
    config.ServerApp.allow_unauthenticated_access = False
    return config


def test_every_verb_says_how_it_is_authenticated(jp_configurable_serverapp, strict_config, recwarn):
    server = jp_configurable_serverapp(config=strict_config)
    told = [str(w.message) for w in recwarn if issubclass(w.category, JupyterServerAuthWarning)]
    assert not [text for text in told if "jobs_ext" in text]
    assert len(live_rules(server)) == len(ROUTES) + 1
