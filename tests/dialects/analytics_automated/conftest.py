"""A server with tools for submissions, and who sends them."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.client.live import LiveServer
from tests.dialects.analytics_automated.site import TOOLS, Site
from tests.receivers import Letters, mails

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"


@pytest.fixture(scope="package")
def letters() -> Iterator[Letters]:
    with mails() as taken:
        yield taken


@pytest.fixture(scope="package")
def port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="package")
def server(letters: Letters, port: int) -> Iterator[LiveServer]:
    mail = {"host": "127.0.0.1", "port": letters.port, "sender": "jobs@example.org"}
    mail["security"] = "none"
    made = LiveServer(
        f"--JobsExtension.mail={mail}",
        f"--JobsExtension.dialect_ports={{'analytics_automated': {port}}}",
        "--JobsExtension.dialect_options={'analytics_automated': {'unfinished': 12}}",
    )
    (made.work / "tools").mkdir()
    shutil.copy(NOTEBOOKS / "tools" / "residues.toml", made.work / "tools")
    for number, tool in enumerate(dedent(TOOLS).split("---\n")):
        (made.work / "tools" / f"{number}.toml").write_text(tool)
    yield made
    made.stop()


@pytest.fixture(scope="package")
def site(server: LiveServer) -> Site:
    root = server.url.partition("/jobs-ext/")[0]
    token = {"Authorization": f"token {server.token}"}
    return Site(f"{root}/jobs-ext/analytics_automated", token)


@pytest.fixture(scope="package")
def guest(server: LiveServer, port: int) -> Site:
    return Site(f"http://127.0.0.1:{port}/analytics_automated")
