"""Fixtures of the runner's tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runner.house import House
from tests.runner.keepers import Bench, bench


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder whose name is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="jx-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)  # a keeper may be removing its socket


@pytest.fixture
def keeper(tmp_path: Path, sockets: Path) -> Iterator[Bench]:
    """A running keeper with a data directory of its own."""
    with bench(tmp_path, sockets) as made:
        yield made


@pytest.fixture
def own_house(tmp_path: Path, sockets: Path) -> Iterator[House]:
    """A service and a runner of this test alone, on two cores."""
    made = House(tmp_path, sockets)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service and a runner for the tests of one module, on two cores."""
    sockets = Path(tempfile.mkdtemp(prefix="jx-"))
    made = House(tmp_path_factory.mktemp("house"), sockets)
    try:
        made.start()
        yield made
    finally:
        made.close()
        shutil.rmtree(sockets, ignore_errors=True)


@pytest.fixture
def house(shared_house: House, tmp_path: Path) -> House:
    """The module's house; the jobs of this test run in a folder of their own."""
    shared_house.cwd = tmp_path
    return shared_house
