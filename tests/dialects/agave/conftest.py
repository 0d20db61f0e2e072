"""A server that knows people apart, with some apps, and raw requests to its Agave dialect."""

from __future__ import annotations

import json

import pytest
from traitlets.config import Config

from tests.people import Named
from tests.serving import Answer

TOOL = """
name = "echo"
shell = true
command = "sleep {wait}; echo {word}"
[parameters.word]
type = "string"
default = "hi"
[parameters.wait]
type = "integer"
default = 0
[outputs.said]
path = "stdout"
"""

HALF = """
name = "half"
shell = true
command = "echo ha > 'a?b=c#d.txt'"
[parameters.n]
type = "integer"
default = 1
[outputs.half]
path = "a?b=c#d.txt"
[resources]
cpu = 0.5
timeout = "89.5s"
"""

BOTH = """
name = "both"
shell = true
command = "cat {texts} > all.txt"
[inputs.texts]
multiple = true
required = true
[outputs.all]
path = "all.txt"
"""

CLOSED = TOOL.replace('"echo"', '"closed"', 1) + "restricted = true\n"


@pytest.fixture
def jp_server_config(jp_server_config, jp_root_dir):
    tools = jp_root_dir / "tools"
    tools.mkdir()
    (tools / "echo.toml").write_text(TOOL)
    (tools / "half.toml").write_text(HALF)
    (tools / "both.toml").write_text(BOTH)
    restricted = CLOSED.replace("restricted = true\n", "")
    (tools / "closed.toml").write_text("restricted = true\n" + restricted)
    config = Config(jp_server_config)
    config.ServerApp.identity_provider_class = Named
    config.JobsExtension.admins = {"root"}
    config.JobsExtension.allowed_hosts = ["127.0.0.1"]
    return config


@pytest.fixture
def agave(http_server_client, jp_serverapp):
    """Return a function that asks as somebody; a body that is no bytes is sent as JSON."""

    async def ask(who, verb, path, body=None, **headers):
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        response = await http_server_client.fetch(
            f"{jp_serverapp.base_url}jobs-ext/agave/{path}",
            method=verb,
            body=sent,
            headers={"X-Name": who, **headers},
            raise_error=False,
            allow_nonstandard_methods=True,
        )
        return Answer(response.code, response.headers, response.body or b"")

    return ask
