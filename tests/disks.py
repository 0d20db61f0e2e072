"""Small disks of their own for tests that fill them, or make them read-only. Needs root."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import until

#: For tests that mount something: CI runs as root, so that none is left out there.
needs_mounts = pytest.mark.skipif(os.getuid() != 0, reason="mounting needs root")


@contextlib.contextmanager
def small_disk(folder: Path, size: str, options: str = "rw") -> Iterator[Path]:
    """A file system in memory at `folder`; ``size`` as mount takes it, e.g. ``48m``."""
    folder.mkdir(exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size},{options}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "--lazy", str(folder))


def remount(folder: Path, options: str) -> None:
    """Make a disk read-only (``ro``), once nobody writes to it, or writable (``rw``) again."""
    command = ["mount", "-o", f"remount,{options}", str(folder)]

    def done() -> bool:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    until(done, what=f"{folder} to be {options}")


def fill(folder: Path) -> Path:
    """Write a file that takes all room that is left; return it."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(1 << 20)):
            pass
    return ballast


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
