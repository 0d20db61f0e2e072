"""Every route of every dialect: closed to strangers, and never an answer in another's shape."""

from __future__ import annotations

import re

import pytest
from jupyter_server.auth import Authorizer
from jupyter_server.utils import JupyterServerAuthWarning
from traitlets import TraitError
from traitlets.config import Config

from jobs_ext.app import JobsExtension
from jobs_ext.dialects import served
from jobs_ext.dialects.handler import DialectHandler
from tests.dialects.example import EXAMPLE

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: Of errors, where it is not application/json.
KINDS = {
    "et_engine": "text/plain",
    "example": "application/problem+json",
    "phylodb": "application/problem+json",
}
#: What a dialect says instead of a status.
STATUSES = {("phylodb", 403): 401}
STRANGERS = {
    "no credentials": (401, {"Authorization": ""}),
    "wrong token": (401, {"Authorization": "token wrong"}),
    "wrong kernel key": (403, {"X-Jobs-Ext-Kernel": "0", "X-Jobs-Ext-Key": "wrong"}),
    "denied by the authorizer": (403, {}),
}


class Denier(Authorizer):
    """Lets nobody do anything of ours."""

    def is_authorized(self, handler, user, action, resource):
        return not resource.startswith("jobs_ext:")


@pytest.fixture
def jp_server_config(jp_server_config, monkeypatch):
    monkeypatch.setitem(served.DIALECTS, "example", EXAMPLE)
    names = list(served.DIALECTS)
    config = Config(jp_server_config)
    config.ServerApp.authorizer_class = Denier
    config.JobsExtension.dialects = names
    return config


def live_rules(serverapp):
    """Return the regular expression and the handler of every live route of a dialect."""
    groups = [rule.target for rule in serverapp.web_app.default_router.rules]
    rules = [rule for group in groups for rule in getattr(group, "rules", [])]
    return [
        (rule.matcher.regex.pattern, rule.target)
        for rule in rules
        if isinstance(rule.target, type) and issubclass(rule.target, DialectHandler)
    ]


def path_of(pattern):
    """Return an address that a pattern takes, below jobs-ext/."""
    path = re.sub(r"\\(.)", r"\1", pattern.rstrip("$")).partition("jobs-ext")[2]
    for group, value in (("/+", "/"), ("([^/]+?)", "some"), ("((?:/.*)?)", "/some")):
        path = path.replace(group, value)
    return path.removesuffix("/*").replace("(?:/.*)?", "/no/where").lstrip("/")


@pytest.mark.parametrize(("status", "headers"), STRANGERS.values(), ids=STRANGERS)
async def test_no_route_answers_a_stranger(raw, jp_serverapp, status, headers):
    rules = live_rules(jp_serverapp)
    paths = {(dialect, route.path) for dialect, d in served.DIALECTS.items() for route in d.routes}
    assert len(rules) == len(paths) + len(served.DIALECTS)
    for pattern, handler in rules:
        dialect, path = handler.dialect, path_of(pattern)
        for verb in VERBS:
            route = handler.routes.get(verb)
            if route is not None and route.public:
                continue
            answer = await raw(verb, path, b"{}" if verb[0] == "P" else None, **headers)
            expected = STATUSES.get((dialect.name, status), status)
            assert answer.status == expected, (verb, path, answer.body)
            if verb != "HEAD":
                kind = answer.headers["Content-Type"]
                assert kind.startswith(KINDS.get(dialect.name, "application/json")), path


async def test_a_logins_cookie_alone_changes_nothing(raw, jp_fetch, jp_serverapp):
    login = await jp_fetch("api", "me")
    cookies = "; ".join(one.split(";")[0] for one in login.headers.get_list("Set-Cookie"))
    for dialect in served.DIALECTS.values():
        posts = [one.path for one in dialect.routes if one.method == "POST" and not one.key]
        address = f"{dialect.name}/{re.sub('{[^}]*}', 'some', posts[0])}"
        answer = await raw("POST", address, b"{}", Authorization="", Cookie=cookies)
        assert answer.status == STATUSES.get((dialect.name, 403), 403), address
        kind = KINDS.get(dialect.name, "application/json")
        assert answer.headers["Content-Type"].startswith(kind)
        assert "cookie alone" in answer.body.decode(), address


@pytest.fixture
def strict_config(jp_server_config):
    config = Config(jp_server_config)
    config.ServerApp.allow_unauthenticated_access = False
    return config


def test_every_verb_says_how_it_is_authenticated(jp_configurable_serverapp, strict_config, recwarn):
    server = jp_configurable_serverapp(config=strict_config)
    told = [str(w.message) for w in recwarn if issubclass(w.category, JupyterServerAuthWarning)]
    assert not [text for text in told if "jobs_ext" in text]
    assert live_rules(server)


def test_a_dialect_that_is_not_there():
    with pytest.raises(TraitError, match="no klingon"):
        JobsExtension(dialects=["klingon"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"klingon": {}}, "no klingon"),
        ({"et_engine": {"list": True}}, "no option 'list'"),
        ({"et_engine": {"lists": "yes"}}, "bool"),
        ({"agave": {"lists": True}}, "no option 'lists'"),
        ({"et_engine": True}, "object"),
    ],
)
def test_options_that_a_dialect_does_not_take(options, said):
    with pytest.raises(TraitError, match=said):
        JobsExtension(dialect_options=options)
