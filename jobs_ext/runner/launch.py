"""Starting the runner, and telling it that a server is there. Imports little: a server calls it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ..store.locks import has_runner
from ..store.paths import Paths

HAND_OVER = 30.0  # seconds that a runner may take to let go when it is asked to


def ensure_runner(
    paths: Paths, python: str = sys.executable, extra_args: Sequence[str] = ()
) -> bool:
    """Start a runner unless one holds the lock of this data directory; tell whether it did.

    The runner is detached: a session of its own, no files in common with this process. Two
    callers may both start one; the later one finds the lock taken and ends.
    """
    if has_runner(paths):
        return False
    start_runner(paths, python, extra_args)
    return True


def start_runner(paths: Paths, python: str, extra_args: Sequence[str]) -> None:
    """Start a runner; it ends by itself where there is one already."""
    command = [python, "-m", "jobs_ext.runner", "--data-dir", str(paths.root)]
    command += ["--runtime-dir", str(paths.runtime_dir), *extra_args]
    with paths.runner_log.open("ab") as log:
        child = subprocess.Popen(
            command,
            cwd=paths.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    threading.Thread(target=child.wait, name="runner", daemon=True).start()  # reaps it


def attach(paths: Paths) -> BinaryIO:
    """Say that a server uses this data directory, until the returned file is closed.

    A runner that is just ending holds the lock for a moment: waits until it is gone, so that
    `ensure_runner` afterwards sees the truth.
    """
    file = _opened(paths.attached)
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def detached(paths: Paths) -> BinaryIO | None:
    """Return a lock that keeps servers from attaching, None when one is attached."""
    file = _opened(paths.attached)
    if locked(file, fcntl.LOCK_EX):
        return file
    file.close()
    return None


def locked(file: BinaryIO, how: int) -> bool:
    """Lock a file without waiting; tell whether that was possible."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _opened(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
