"""The one map from what the database and the disk complain of to errors of the interface."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..model.errors import DiskFull, StoreUnavailable

_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY: "is busy",
    sqlite3.SQLITE_LOCKED: "is busy",
    sqlite3.SQLITE_PROTOCOL: "is busy",
    sqlite3.SQLITE_READONLY: "can't be written",
    sqlite3.SQLITE_IOERR: "can't be read or written (input/output error)",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is not a database",
    sqlite3.SQLITE_CANTOPEN: "can't be opened",
    sqlite3.SQLITE_PERM: "can't be opened (permission)",
}
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_UNUSABLE = {
    errno.EROFS: "can't be written (read-only file system)",
    errno.EACCES: "can't be written (permission)",
    errno.EPERM: "can't be written (permission)",
    errno.EIO: "can't be read or written (input/output error)",
    errno.ESTALE: "can't be read or written (its file system has gone)",
    errno.EMFILE: "can't be opened (too many open files)",
    errno.ENFILE: "can't be opened (too many open files)",
}


@contextmanager
def mapped_faults() -> Iterator[None]:
    """Raise `StoreUnavailable` or `DiskFull` for what SQLite and the disk can't do now.

    Anything else is a defect and passes through as it is.
    """
    try:
        yield
    except PoolTimeout:
        raise unavailable("is busy") from None
    except (DBAPIError, sqlite3.Error) as error:
        _raise_mapped(error)
    except OSError as error:
        if error.errno in _FULL:
            raise disk_full() from error
        if error.errno in _UNUSABLE:
            raise unavailable(_UNUSABLE[error.errno]) from error
        raise


def _raise_mapped(error: DBAPIError | sqlite3.Error) -> None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
    if code == sqlite3.SQLITE_FULL:
        raise disk_full() from error
    if code in _UNAVAILABLE:
        raise unavailable(_UNAVAILABLE[code]) from error
    raise error


def unavailable(what: str) -> StoreUnavailable:
    """Return the error that says `what` is wrong with the store."""
    return StoreUnavailable(f"The job store {what}.", hint="Try again in a moment.")


def disk_full() -> DiskFull:
    """Return the error that says that the disk is full."""
    return DiskFull(
        "There is no space left on the disk that holds the job store.",
        hint="Free some space; nothing of this request was kept.",
    )
