"""Connections to the SQLite database: one that writes, several that read.

WAL lets readers go on beside the writer (a network file system has none: there they wait);
``synchronous=FULL`` makes a commit survive the loss of power; ``BEGIN IMMEDIATE`` takes the write
lock at once, so that a transaction that has begun never fails half-way because somebody else wrote.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Transaction, create_engine, event
from sqlalchemy.pool import QueuePool

from .damage import known_damage, note_damage
from .faults import DamagedDatabase, busy, mapped_faults, newer
from .filesystems import is_network
from .paths import Paths
from .pokes import Reader, send_pokes

_BUSY_SECONDS = 10.0
_STUCK_SECONDS = 0.2  # while it is known that somebody holds the database, and does not let go
_READERS = 8


class Store:
    """The database of one data directory; may be used from several threads.

    Once it is known to fit this code, `expected` is its revision: from then on nothing is written
    to it after a newer version has changed it. One that is `read_only` makes no file, so that it
    can be read where nothing can be written.
    """

    def __init__(
        self, paths: Paths, *, busy_seconds: float = _BUSY_SECONDS, read_only: bool = False
    ) -> None:
        self.paths = paths
        self.read_only = read_only
        self._busy = busy_seconds
        self._lock = threading.Lock()
        self.expected: str | None = None
        self._stuck = False  # the last one who wanted to write waited in vain
        make = partial(_engine, paths, read_only=read_only)
        self._writer = make("BEGIN IMMEDIATE", readers=1, busy=busy_seconds)
        self._readers = make("BEGIN", readers=_READERS, busy=busy_seconds)
        self._hasty = make(None, readers=1, busy=0.0)
        self._kept: Connection | None = None  # of `_hasty`, open from the first glance on
        self._glancing = 0  # the thread that glances now
        self._networked = is_network(paths.root)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database throughout."""
        kept = self._kept if self._glancing == threading.get_ident() else None
        with self._guarded():
            if kept is not None:
                with _one_state(kept):
                    yield kept
            else:
                with self._readers.connect() as connection, connection.begin():
                    yield connection

    @contextmanager
    def glance(self) -> Iterator[None]:
        """Let reads of this thread, one after the other, be cheap, and raise rather than wait.

        For the thread of an event loop alone. Raises `StoreUnavailable`, also where readers wait
        for writers as a rule: on a network file system.
        """
        if self._networked:
            raise busy()
        if self._kept is None:
            with self._guarded():
                self._kept = self._hasty.connect()
        self._glancing = threading.get_ident()
        try:
            yield
        finally:
            self._glancing = 0

    @contextmanager
    def write(self, poke: Sequence[Reader] = ("runner", "servers")) -> Iterator[Connection]:
        """Give the connection that writes: committed at the end, else rolled back.

        After the commit those in `poke` are told to look at the store. Raises `StoreUnavailable`
        when another process holds the database for too long; who comes after that is told at once.
        """
        if not self._lock.acquire(timeout=self._patience):
            raise busy()
        try:
            guard = self._guarded()
            with guard, self._writer.connect() as connection, self._begin(connection):
                self._refuse_newer(connection)
                yield connection
        finally:
            self._lock.release()
        for reader in poke:
            send_pokes(self.paths, reader)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Map what goes wrong; from when damage is found, by whomever, refuse everything."""
        if self.paths.damage.exists():
            raise known_damage(self.paths)
        try:
            with mapped_faults(self.paths.root):
                yield
        except DamagedDatabase as error:
            note_damage(self.paths, error)
            raise

    @property
    def _patience(self) -> float:
        return min(_STUCK_SECONDS, self._busy) if self._stuck else self._busy

    def _refuse_newer(self, connection: Connection) -> None:
        if self.expected is None:
            return
        raw: Any = connection.connection.driver_connection
        (found,) = raw.execute("SELECT version_num FROM alembic_version").fetchone()
        if found > self.expected:
            raise newer(self.paths.root, found)

    def _begin(self, connection: Connection) -> Transaction:
        raw: Any = connection.connection.driver_connection
        raw.execute(f"PRAGMA busy_timeout = {int(self._patience * 1000)}")
        begun = False
        try:
            transaction = connection.begin()
            begun = True
        finally:
            self._stuck = not begun  # not before: who waits beside this one may yet get it
        return transaction

    def close(self) -> None:
        """Close all connections."""
        if self._kept is not None:
            self._kept.close()
        for engine in (self._writer, self._readers, self._hasty):
            engine.dispose()


@contextmanager
def _one_state(connection: Connection) -> Iterator[None]:
    """Let a connection see one state within, past SQLAlchemy: for a read, that costs too much."""
    raw: Any = connection.connection.driver_connection
    raw.execute("BEGIN")
    try:
        yield
    finally:
        raw.rollback()


def _engine(
    paths: Paths, begin: str | None, *, readers: int, busy: float, read_only: bool
) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=partial(_connect, paths, busy, read_only=read_only),
        poolclass=QueuePool,
        pool_size=readers,
        max_overflow=0,
        pool_timeout=busy,
    )

    if begin is not None:

        @event.listens_for(engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine


def _connect(paths: Paths, busy: float, *, read_only: bool) -> sqlite3.Connection:
    """Connect to the database, which is made unless that is to be `read_only`."""
    address = f"file:{quote(os.fsencode(paths.db))}{_as_it_is(paths) if read_only else ''}"
    raw = sqlite3.connect(address, uri=True, timeout=busy, check_same_thread=False)
    raw.isolation_level = None  # the driver's own BEGIN is deferred; ours is in `_engine`
    if not read_only:
        journal = "DELETE" if is_network(paths.root) else "WAL"
        for pragma in (f"journal_mode={journal}", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")
    return raw


def _as_it_is(paths: Paths) -> str:
    """Return how to open a database beside which nothing can be made.

    With the log that it has: what is in that is not in the database yet. Else as a file that
    nobody changes, which needs no file for locks.
    """
    has_log = any(paths.beside_db(ending).exists() for ending in ("wal", "journal"))
    return "?mode=ro" if has_log else "?mode=ro&immutable=1"
