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
    shutil.rmtree(folder)


@pytest.fixture
def keeper(tmp_path: Path, sockets: Path) -> Iterator[Bench]:
    """A running keeper with a data directory of its own."""
    with bench(tmp_path, sockets) as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, sockets: Path) -> Iterator[House]:
    """A service and a runner on two cores."""
    made = House(tmp_path, sockets)
    try:
        made.start()
        yield made
    finally:
        made.close()
