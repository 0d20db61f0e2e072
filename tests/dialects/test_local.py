"""A dialect at a port of its own."""

from __future__ import annotations

import json
import logging
import socket
from dataclasses import replace

import pytest
from tornado import web
from tornado.httpclient import AsyncHTTPClient
from traitlets import TraitError

from jobs_ext.app import JobsExtension
from jobs_ext.dialects import served
from jobs_ext.dialects.handler import handlers_at_port
from jobs_ext.dialects.local import Ports
from tests.dialects.example import EXAMPLE
from tests.serving import Answer

TOOL = 'name = "{}"\ncommand = ["true"]\n'


@pytest.fixture
def port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def guests():
    """Whether the example's clients may send no credentials."""
    return True


@pytest.fixture
def jp_server_config(jp_server_config, monkeypatch, data_dir, port, guests):
    monkeypatch.setitem(served.DIALECTS, "example", replace(EXAMPLE, guests=guests))
    (data_dir / "tools").mkdir(parents=True)
    (data_dir / "tools" / "open.toml").write_text(TOOL.format("welcome") + "open = true\n")
    (data_dir / "tools" / "shut.toml").write_text(TOOL.format("shut"))
    (data_dir / "tools" / "both.toml").write_text(
        TOOL.format("both") + "open = true\nrestricted = true\n"
    )
    options = {"dialects": ["example"], "dialect_ports": {"example": port}}
    return {
        **jp_server_config,
        "JobsExtension": {**jp_server_config["JobsExtension"], **options},
    }


@pytest.fixture
def ask(jp_serverapp, http_server_client, port):
    async def fetch(verb, path, body=None, **headers):
        response = await http_server_client.fetch(
            f"http://127.0.0.1:{port}/{path}",
            method=verb,
            body=body if body is None else json.dumps(body).encode(),
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            raise_error=False,
            allow_nonstandard_methods=True,
        )
        return Answer(response.code, response.headers, response.body or b"")

    return fetch


@pytest.fixture
def http_server_client():
    """Return a client without a server of its own: it is the port's that is asked."""
    return AsyncHTTPClient(force_instance=True)


async def test_it_is_served_at_its_home_and_beside_that(ask, port):
    assert (await ask("GET", "old/place/hello")).json == "hello"
    told = (await ask("GET", "files/a/b")).json["good"]
    assert told == {"path": "a/b", "root": f"http://127.0.0.1:{port}"}
    for path in ("", "hello", "old", "old/place", "jobs-ext/api/v1/jobs", "api/status", "static/x"):
        answer = await ask("GET", path)
        assert (answer.status, answer.json["at"]) == (404, "path"), path


async def test_a_guest_may_use_open_tools_alone(ask, api, jp_serverapp):
    token = {"Authorization": f"token {jp_serverapp.identity_provider.token}"}
    made = await ask("POST", "old/place/tools/welcome")
    assert made.status == 200
    job = made.json["good"]["id"]
    assert (await ask("GET", f"old/place/jobs/{job}")).status == 200
    for tool in ("shut", "both", "wc"):
        answer = await ask("POST", f"old/place/tools/{tool}")
        assert (answer.status, answer.json["at"]) == (400, "target.tool"), tool
    answer = await ask("POST", "old/place/jobs", {"run": ["true"]})
    assert answer.status == 403
    own = await ask("POST", "old/place/tools/shut", **token)
    assert own.status == 200
    assert (await ask("GET", f"old/place/jobs/{own.json['good']['id']}")).status == 404


async def test_wrong_credentials_make_no_guest(ask):
    for headers in ({"Authorization": "token wrong"}, {"Authorization": ""}):
        assert (await ask("POST", "old/place/tools/welcome", **headers)).status == 401
    assert (await ask("POST", "old/place/tools/welcome?token=wrong")).status == 401
    answer = await ask("POST", "old/place/tools/welcome", X_Key="wrong")
    assert answer.status == 401


@pytest.mark.parametrize("guests", [False])
async def test_where_clients_have_credentials_nobody_is_a_guest(ask, jp_serverapp):
    assert (await ask("POST", "old/place/tools/welcome")).status == 401
    token = {"Authorization": f"Bearer {jp_serverapp.identity_provider.token}"}
    assert (await ask("POST", "old/place/tools/welcome", **token)).status == 200
    names = {name for name, dialect in served.DIALECTS.items() if dialect.guests}
    assert names == {"analytics_automated"}


ASKED = [
    ({"Origin": "https://example.org"}, 403),
    ({"Origin": "null"}, 403),
    ({"Sec_Fetch_Site": "cross-site"}, 403),
    ({"Sec_Fetch_Site": "same-site"}, 403),
    ({"Sec_Fetch_Site": "none"}, 200),
    ({"Host": "example.org"}, 403),
    ({"Host": "127.0.0.1.example.org:80"}, 403),
    ({"Host": "[::1"}, 403),
    ({"Host": "[::1]:1"}, 200),
    ({"Host": "localhost:8000"}, 200),
    ({"Cookie": "_xsrf=1; username-127-0-0-1-8888=x"}, 200),
]


async def test_no_page_of_a_browser_gets_in(ask):
    for headers, status in ASKED:
        answer = await ask("POST", "old/place/tools/welcome", **headers)
        assert answer.status == status, (headers, answer.body)


@pytest.mark.parametrize(
    ("ports", "said"),
    [
        ({"klingon": 8000}, "no port for 'klingon'"),
        ({"example": 0}, "0 is no port"),
        ({"example": 65536}, "is no port"),
        ({"example": "8000"}, "is no port"),
        ({"example": True}, "is no port"),
    ],
)
def test_ports_that_can_not_be(monkeypatch, ports, said):
    monkeypatch.setitem(served.DIALECTS, "example", EXAMPLE)
    with pytest.raises(TraitError, match=said):
        JobsExtension(dialect_ports=ports)


def test_a_port_that_is_taken_is_told(port, caplog):
    ports = Ports(logging.getLogger("test"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        ports.listen("example", port, handlers_at_port(EXAMPLE), web.Application())
    ports.close()
    assert f"example can't be served at port {port}" in caplog.text
