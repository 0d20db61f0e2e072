"""The data directory: whose it is, where it lies, how much room there is, and its database."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ..model.errors import JobsError
from ..model.quantities import show_bytes
from ..store import events, tallies
from ..store.damage import known_damage
from ..store.engine import Store
from ..store.faults import free, is_short, mapped_faults
from ..store.filesystems import is_network
from ..store.migrate import check_revision
from ..store.paths import Paths
from .finding import Finding, error, ok, warning

_SKEW = 60.0  # seconds that a clock may be wrong


def check_folder(root: Path) -> Iterator[Finding]:
    """Look at the folder itself; nothing is written to it."""
    if not root.is_dir():
        yield warning(
            "folder",
            f"There is no data directory {root}.",
            "No server with jobs_ext has used it yet.",
            "Start a Jupyter server with jobs_ext, or name another: --data-dir.",
        )
        return
    found = [*_access(root), *_disk(root)]
    yield from found or [ok("folder", f"{root}, {show_bytes(free(root))} free")]


def _access(root: Path) -> Iterator[Finding]:
    status = root.stat()
    if status.st_uid != os.getuid():
        yield error(
            "folder",
            f"{root} belongs to the user with the number {status.st_uid}, not to you.",
            "The runner and its sockets are each user's own.",
            "Run this as that user, or give the server another JobsExtension.data_dir.",
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        yield error(
            "folder",
            f"Others may look into {root} (mode {stat.S_IMODE(status.st_mode):04o}).",
            "It holds what jobs wrote, and what they were given.",
            f"chmod 700 {root}",
        )
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK) or _is_read_only(root):
        yield error(
            "folder",
            f"{root} can't be written to.",
            "Nothing can be submitted.",
            "See to its permissions, and to how its disk is mounted.",
        )


def _is_read_only(root: Path) -> bool:
    """Tell whether its file system is mounted so; to root, permissions say nothing of it."""
    return bool(os.statvfs(root).f_flag & os.ST_RDONLY)


def _disk(root: Path) -> Iterator[Finding]:
    if is_network(root):
        yield warning(
            "folder",
            f"{root} lies on a network file system.",
            "SQLite is slower and less safe there, and only one machine may use it at a time.",
            "Set JobsExtension.data_dir to a folder on a local disk.",
        )
    if is_short(root):
        yield error(
            "folder",
            f"Only {show_bytes(free(root))} are free in {root}.",
            "No job is begun until there is more.",
            "Free some space, for instance by deleting and purging old jobs.",
        )


def check_store(paths: Paths) -> Iterator[Finding]:
    """Look at the database, when there is one."""
    if not paths.db.exists() and not paths.damage.exists():
        return
    if paths.damage.exists():
        yield _of(known_damage(paths))
        return
    store = Store(paths)  # not the service: to open that repairs what others shall be told of
    try:
        with mapped_faults(paths.root):
            check_revision(store)
            with store.read() as connection:
                counts = tallies.of_owner(connection, None)
                newest = events.since(connection, events.head(connection) - 1, 1, None)
    except JobsError as trouble:
        yield _of(trouble)
        return
    finally:
        store.close()
    told = ", ".join(f"{n} {status}" for status, n in counts.items() if n) or "no jobs"
    yield ok("store", told)
    if newest:
        yield from _clock(newest[0].time)


def _of(trouble: JobsError) -> Finding:
    todo = trouble.hint or "See docs/how-to/faults.md."
    return error("store", trouble.message, "Jobs can be neither submitted nor looked at.", todo)


def _clock(newest: str) -> Iterator[Finding]:
    ahead = (datetime.fromisoformat(newest) - datetime.now(UTC)).total_seconds()
    if ahead > _SKEW:
        yield warning(
            "clock",
            f"The newest event is {ahead:.0f} seconds from now: the clock went back.",
            "Times of jobs are wrong, and retries wait for the clock. Their order is right.",
            "Set the clock of this machine, by NTP where that is possible.",
        )
