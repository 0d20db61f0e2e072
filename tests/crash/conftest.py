"""Fixtures of the crash drills."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runner.house import House, open_house, socket_folder


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A service and a runner on two cores."""
    with socket_folder() as sockets, open_house(tmp_path, sockets) as made:
        yield made
