"""Who the runner of a data directory is, and of which code: written into the lock it holds.

A newer version's runner asks an older one to let go; attempts and their keeper go on meanwhile.
"""

from __future__ import annotations

import functools
import hashlib
import os
import signal
import socket
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct
from packaging.version import Version

from .. import __version__
from ..store.paths import Paths
from .keeper import processes


class Build(Struct, frozen=True):
    """Which code a process runs."""

    version: str  # of the package
    code: str  # hash of its modules

    def replaces(self, other: Build, *, at_start: bool) -> bool:
        """Tell whether this code's runner takes the place of one of `other` code.

        A newer version always does. Of the same version, edited, it does when its server has just
        started: so two servers that differ never take turns for ever.
        """
        mine, theirs = Version(self.version), Version(other.version)
        return mine > theirs or (at_start and mine == theirs and self.code != other.code)


class Holder(Struct, frozen=True):
    """The process that holds the lock."""

    host: str
    pid: int
    process_start: float
    boot_id: str
    build: Build


@functools.cache
def this_build() -> Build:
    """Return which code this process runs; to be called first before it can be replaced on disk."""
    package = Path(__file__).parents[1]
    found = hashlib.sha256()
    for module in sorted(package.rglob("*.py")):
        found.update(str(module.relative_to(package)).encode() + b"\0" + module.read_bytes())
    return Build(__version__, found.hexdigest())


def write_holder(lock: BinaryIO) -> None:
    """Write into the lock that this process holds it."""
    entry = processes.find(os.getpid())
    holder = Holder(
        host=socket.gethostname(),
        pid=os.getpid(),
        process_start=entry.start if entry else 0.0,
        boot_id=processes.boot_id(),
        build=this_build(),
    )
    lock.seek(0)
    lock.truncate()
    lock.write(msgspec.json.encode(holder))
    lock.flush()


def read_holder(paths: Paths) -> Holder | None:
    """Return who holds the lock, or held it last; None when that was not written."""
    try:
        return msgspec.json.decode(paths.runner_lock.read_bytes(), type=Holder)
    except (FileNotFoundError, msgspec.DecodeError):  # none yet, or none that could be written
        return None


def outdated(paths: Paths, *, at_start: bool) -> Holder | None:
    """Return the holder of the lock if this code's runner should, and can, take its place."""
    holder = read_holder(paths)
    if holder is None or holder.boot_id != processes.boot_id():
        return None
    return holder if this_build().replaces(holder.build, at_start=at_start) else None


def ask_to_end(holder: Holder) -> bool:
    """Ask a runner to let go; False when it is no process of this machine (any more)."""
    entry = processes.find(holder.pid)
    is_it = entry is not None and entry.start == holder.process_start
    if entry is None or not is_it or holder.boot_id != processes.boot_id():
        return False
    return processes.send(entry, signal.SIGTERM)


def ask_whoever_holds(paths: Paths) -> bool:
    """Ask the runner of a data directory to let go; False when it can't be asked."""
    holder = read_holder(paths)
    return holder is not None and ask_to_end(holder)
