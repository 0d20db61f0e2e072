"""Fixtures of the crash drills."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runner.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A service and a runner on two cores."""
    sockets = Path(tempfile.mkdtemp(prefix="jx-"))
    made = House(tmp_path, sockets)
    try:
        made.start()
        yield made
    finally:
        made.close()
        shutil.rmtree(sockets, ignore_errors=True)
