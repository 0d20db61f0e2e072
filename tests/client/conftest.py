"""A server for all tests that leave it running, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobs_ext.client import session
from jobs_ext.client.client import Client

from .live import LiveServer


@pytest.fixture(scope="session")
def server() -> Iterator[LiveServer]:
    server = LiveServer()
    yield server
    server.stop()


@pytest.fixture
def client(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client in use, in the server's folder."""
    monkeypatch.chdir(server.work)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(server.runtime))
    monkeypatch.setattr(session, "_default", None)
    monkeypatch.setattr(session, "_clients", {})
    client = session.use(server.client())
    yield client
    client.close()


@pytest.fixture
def files(server: LiveServer) -> None:
    """A text and a table in the server's folder."""
    (server.work / "data.txt").write_text("one two\nthree\n")
    (server.work / "t.csv").write_text("a,b\n1,x\n2,y\n")
