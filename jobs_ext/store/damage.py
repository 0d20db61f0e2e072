"""A damaged database: found, kept as it was, and refused from then on.

Looking through a database takes as long as reading it, so that is done only when there is reason
to: damage was found before, or the last process was killed and the database is not large. Damage
that SQLite meets later, while it works, is found then.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
from pathlib import Path

from ..model.clock import now
from .faults import DamagedDatabase, damaged, free, mapped_faults
from .paths import Paths

_QUICK = 100_000_000  # bytes that are looked through in well under a second
_MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes
_log = logging.getLogger(__name__)


def refuse_damaged(paths: Paths, *, alone: bool) -> None:
    """Raise `DamagedDatabase` if the database is known, or found, to be damaged.

    To be called before a server opens it; `alone` says that no other process uses it.
    """
    if not paths.db.exists():  # moved away, to begin anew
        paths.damage.unlink(missing_ok=True)
        return
    logged = _has_log(paths)
    killed = logged and alone and paths.db.stat().st_size <= _QUICK
    try:
        if not logged:
            _check_size(paths)
        if paths.damage.exists() or killed:
            _look_through(paths)
    except DamagedDatabase as error:
        note_damage(paths, error)
        raise
    paths.damage.unlink(missing_ok=True)


def note_damage(paths: Paths, error: DamagedDatabase) -> None:
    """Let every process know, and keep a copy of the database as it is; once."""
    if paths.damage.exists():
        return
    copy = paths.beside_db(f"corrupt-{now()[:19].replace(':', '')}")
    try:
        paths.damage.write_text(error.message + "\n")
        kept = _keep(paths, copy)
    except OSError as trouble:
        _log.warning("no copy of the damaged database could be kept: %s", trouble)
        return
    _log.error("%s %s", error, f"A copy is kept: {copy}." if kept else "No room for a copy of it.")


def known_damage(paths: Paths) -> DamagedDatabase:
    """Return the error that was noted."""
    error = damaged(paths.root, "is damaged")
    with contextlib.suppress(OSError):
        error.message = paths.damage.read_text().strip() or error.message
    return error


def _keep(paths: Paths, copy: Path) -> bool:
    """Copy the database and its log, which belong together; False when there is no room."""
    files = {paths.db: copy, paths.beside_db("wal"): copy.with_name(f"{copy.name}-wal")}
    there = {source: target for source, target in files.items() if source.exists()}
    if sum(source.stat().st_size for source in there) > free(paths.root) // 2:
        return False
    for source, target in there.items():
        shutil.copyfile(source, target)
        target.chmod(0o600)
    return True


def _has_log(paths: Paths) -> bool:
    """Tell whether something is in a log of the database: it is in use, or was not closed."""
    logs = (paths.beside_db("wal"), paths.beside_db("journal"))
    return any(log.exists() and log.stat().st_size > 0 for log in logs)


def _check_size(paths: Paths) -> None:
    """Compare the size of a file that was closed in order with what its header says."""
    with paths.db.open("rb") as file:
        header = file.read(_HEADER)
    if not header:
        if paths.journal.exists():  # jobs ran here: it was not always empty
            raise damaged(paths.root, "is empty")
        return
    if not header.startswith(_MAGIC) or len(header) < _HEADER:
        raise damaged(paths.root, "is not a database")
    size_of_page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    size = pages * (65536 if size_of_page == 1 else size_of_page)
    is_counted = header[24:28] == header[92:96]
    if is_counted and paths.db.stat().st_size < size:
        raise damaged(paths.root, "was cut short")


def _look_through(paths: Paths) -> None:
    with (
        mapped_faults(paths.root),
        contextlib.closing(sqlite3.connect(paths.db)) as connection,
    ):
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise damaged(paths.root, "is damaged")
