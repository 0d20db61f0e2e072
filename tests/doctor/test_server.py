"""Servers of other versions, and none."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from jobs_ext import __version__
from jobs_ext.client.client import Client
from jobs_ext.client.connection import Connection
from jobs_ext.client.finder import Address
from jobs_ext.doctor.server import check_server, check_tools


@pytest.fixture
def served():
    """What a server says of itself, to be changed; and how to connect to it."""
    told = {"name": "jobs_ext", "version": __version__, "api": 1, "server": "x", "owner": "ada"}

    class Says(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Says) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        address = Address(f"http://127.0.0.1:{server.server_port}/jobs-ext/", {}, "the test")
        yield told, lambda: Client(Connection(address))
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("change", "level", "told"),
    [
        ({}, "ok", __version__),
        ({"version": "9.9"}, "warning", "9.9"),
        ({"api": 2}, "error", "speaks API 2"),
    ],
)
def test_versions(served, change, level, told):
    says, connect = served
    says.update(change)
    (found,) = check_server(connect)
    assert found.level == level
    assert told in found.what
    assert level == "ok" or found.todo


def test_tools_that_can_not_be_used(served):
    says, connect = served
    says.update(items=[], problems=[])
    assert list(check_tools(connect)) == []
    says["problems"] = [{"file": "['/x']", "line": None, "message": "there is no such folder"}]
    (found,) = check_tools(connect)
    assert (found.check, found.level) == ("tools", "warning")
    assert found.what == "['/x']: there is no such folder"
    assert "tool_dirs" in found.todo


def test_none():
    address = Address("http://127.0.0.1:1/jobs-ext/", {}, "the test")
    (found,) = check_server(lambda: Client(Connection(address)))
    assert found.level == "warning"
    assert list(check_tools(lambda: Client(Connection(address)))) == []
