"""Fixtures of the runner's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runner.house import House, open_house, socket_folder
from tests.runner.keepers import Bench, bench
from tests.runner.warm import Warm


@pytest.fixture
def sockets() -> Iterator[Path]:
    """A folder whose name is short enough for sockets."""
    with socket_folder() as folder:
        yield folder


@pytest.fixture
def keeper(tmp_path: Path, sockets: Path) -> Iterator[Bench]:
    """A running keeper with a data directory of its own."""
    with bench(tmp_path, sockets) as made:
        yield made


@pytest.fixture
def warm(tmp_path: Path, sockets: Path) -> Iterator[Warm]:
    """A running keeper, and orders for its warm parents."""
    with bench(tmp_path, sockets, Warm) as made:
        assert isinstance(made, Warm)
        yield made


@pytest.fixture
def own_house(tmp_path: Path, sockets: Path) -> Iterator[House]:
    """A service and a runner of this test alone, on two cores."""
    with open_house(tmp_path, sockets) as made:
        yield made


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service and a runner for the tests of one module, on two cores."""
    with socket_folder() as sockets, open_house(tmp_path_factory.mktemp("house"), sockets) as made:
        yield made


@pytest.fixture
def house(shared_house: House, tmp_path: Path) -> House:
    """The module's house; the jobs of this test run in a folder of their own."""
    shared_house.cwd = tmp_path
    return shared_house
