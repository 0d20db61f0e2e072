"""Fixtures for every test that asks for them: a Jupyter server, a service on a store of its own."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs_ext.model.request import Context
from jobs_ext.service import Principal, Service, Slots

pytest_plugins = ["pytest_jupyter.jupyter_server"]

GB = 10**9


@pytest.fixture
def runtime_dir() -> Iterator[Path]:
    """A folder whose path is short enough for sockets, wherever pytest puts its own."""
    with tempfile.TemporaryDirectory(prefix="jx-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database fresh from the migrations, which tests copy: to migrate takes most of a test."""
    folder = tmp_path_factory.mktemp("new")
    Service.open(folder, migrate=True, runtime_dir=folder).close()
    return folder / "jobs.sqlite"


@pytest.fixture
def open_service(
    tmp_path: Path, runtime_dir: Path, new_database: Path
) -> Iterator[Callable[..., Service]]:
    """Opens the service of this test's data directory, as often as asked."""
    opened: list[Service] = []
    (tmp_path / "data").mkdir(mode=0o700)
    shutil.copy(new_database, tmp_path / "data")

    def open_(**kwargs: object) -> Service:
        settings = {"migrate": True, "slots": Slots(4.0, 8 * GB), "root_dir": tmp_path}
        settings |= {"runtime_dir": runtime_dir, "tool_dirs": [tmp_path / "tools"]}
        opened.append(Service.open(tmp_path / "data", **(settings | kwargs)))
        return opened[-1]

    yield open_
    for service in opened:
        service.close()


@pytest.fixture
def service(open_service: Callable[..., Service]) -> Service:
    """A service that sees four cores and 8 GB, with tools read from ``tmp_path / "tools"``."""
    return open_service()


@pytest.fixture
def who() -> Principal:
    """The owner of a one-person server."""
    return Principal.all("ada")


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A submit from `tmp_path` by this Python."""
    return Context(python=sys.executable, cwd=str(tmp_path))
