"""The one map from what the database and the disk complain of to errors of the interface."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..model.errors import DiskFull, JobsError, StoreRefused, StoreUnavailable
from ..model.quantities import show_bytes

#: What the system says of a disk, or a quota, that is full.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

#: Bytes of the disk that are left to what is under way: while less is free, no job is begun.
RESERVE = 16_000_000

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_DAMAGED = {sqlite3.SQLITE_CORRUPT: "is damaged", sqlite3.SQLITE_NOTADB: "is not a database"}
_UNUSABLE = {  # SQLite does not say why: the disk is asked
    sqlite3.SQLITE_READONLY: "can't be written",
    sqlite3.SQLITE_IOERR: "can't be read or written (input/output error)",
    sqlite3.SQLITE_CANTOPEN: "can't be opened",
    sqlite3.SQLITE_PERM: "can't be opened (permission)",
}
_BY_ERRNO = {
    errno.EROFS: "can't be written (read-only file system)",
    errno.EACCES: "can't be written (permission)",
    errno.EPERM: "can't be written (permission)",
    errno.EIO: "can't be read or written (input/output error)",
    errno.ESTALE: "can't be read or written (its file system has gone)",
    errno.EMFILE: "can't be opened (too many open files)",
    errno.ENFILE: "can't be opened (too many open files)",
}
_PROBE = 1 << 15  # bytes: what SQLite needs at least to begin a log


class StoreBusy(StoreUnavailable):
    """Someone else holds the database, for longer than one waits."""


class NewerDatabase(StoreRefused):
    """The database was written by a newer version of jobs_ext."""


class DamagedDatabase(StoreRefused):
    """The database is no longer one; nothing may be read from it or written to it."""


@contextmanager
def mapped_faults(root: Path) -> Iterator[None]:
    """Raise `StoreUnavailable` or `DiskFull` for what SQLite and the disk can't do now.

    `root` is the data directory. Anything else is a defect and passes through as it is.
    """
    try:
        yield
    except PoolTimeout:
        raise busy() from None
    except (DBAPIError, sqlite3.Error) as error:
        told = _of_database(error, root)
        if told is None:
            raise
        raise told from error
    except OSError as error:
        told = _of_system(error, root)
        if told is None:
            raise
        raise told from error


def _of_database(error: DBAPIError | sqlite3.Error, root: Path) -> JobsError | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
    if code in _BUSY:
        return busy()
    if code == sqlite3.SQLITE_FULL:
        return disk_full(root)
    if code in _DAMAGED:
        return damaged(root, _DAMAGED[code])
    if code in _UNUSABLE:
        return _asked(root) or unavailable(root, _UNUSABLE[code])
    return None


def _of_system(error: OSError, root: Path) -> JobsError | None:
    if error.errno in FULL:
        return disk_full(root)
    if error.errno in _BY_ERRNO:
        return unavailable(root, _BY_ERRNO[error.errno])
    return None


def _asked(root: Path) -> JobsError | None:
    """Return what is wrong with the data directory, by writing to it; None when nothing is."""
    try:
        with tempfile.TemporaryFile(dir=root, buffering=0) as probe:
            probe.write(bytes(_PROBE))
    except OSError as error:
        return _of_system(error, root)
    return None


def busy() -> StoreBusy:
    """Return the error that says that someone else holds the store."""
    return StoreBusy("The job store is busy.", hint="Try again in a moment.")


def unavailable(root: Path, what: str) -> StoreUnavailable:
    """Return the error that says `what` is wrong with the store in `root`."""
    hint = f"See to the data directory, {root}: jobs_ext goes on by itself when it can."
    return StoreUnavailable(f"The job store {what}.", hint=hint)


def disk_full(root: Path) -> DiskFull:
    """Return the error that says that the disk is full."""
    return DiskFull(
        "There is no space left on the disk that holds the job store.",
        hint=f"Free some space: {show_bytes(free(root))} are free in {root}, or your quota there "
        "is used up. Nothing of this request was kept.",
    )


def newer(root: Path, revision: str) -> NewerDatabase:
    """Return the error that says that the database in `root` has a newer `revision`."""
    return NewerDatabase(
        f"The job store in {root} was written by a newer version of jobs_ext.",
        value=revision,
        hint="Restart the server with that version, or use another data directory.",
    )


def damaged(root: Path, what: str) -> DamagedDatabase:
    """Return the error that says that the database in `root` can't be used any more."""
    return DamagedDatabase(
        f"The job store {what}: {root / 'jobs.sqlite'}.",
        hint="Nothing more is written to it. Stop the server, then recover the file, or move it "
        "away to begin anew; how is said in docs/how-to/faults.md.",
    )


def free(folder: Path) -> int:
    """Return the bytes that this user may still write to the disk of `folder`; 0 when unknown."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize


def capacity(folder: Path) -> int:
    """Return the bytes that the disk of `folder` has, used or not; raises `OSError`."""
    found = os.statvfs(folder)
    return found.f_blocks * found.f_frsize


def is_short(folder: Path) -> bool:
    """Tell whether the disk has so little room that nothing new should be begun."""
    return free(folder) < RESERVE
