"""Bringing a database up to date: by the server only, one at a time."""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, inspect, text

from ..model.errors import StoreUnavailable
from .engine import Store
from .faults import busy
from .schema import HEAD

_MIGRATIONS = Path(__file__).with_name("migrations")
_PATIENCE = 10.0  # seconds to wait for another server, or for a runner that is just ending
_STEP = 0.01  # seconds between looks for that


class UnmigratedDatabase(StoreUnavailable):
    """The database is missing or older than this code; a server must bring it up to date."""


class NewerDatabase(StoreUnavailable):
    """The database was written by a newer version of jobs_ext."""


def check_revision(store: Store) -> None:
    """Raise `UnmigratedDatabase` or `NewerDatabase` unless the database fits this code."""
    revision = None
    if store.paths.db.exists():
        with store.read() as connection:
            revision = _revision(connection)
    if revision is None or revision < HEAD:
        raise UnmigratedDatabase(
            f"The job store in {store.paths.root} is not up to date.",
            value=revision,
            hint="Start the Jupyter server once: it brings the store up to date.",
        )
    _refuse_newer(revision, store)


def migrate(store: Store) -> None:
    """Make the database, or bring it up to date; nothing happens when it is.

    Raises `NewerDatabase`, and `StoreUnavailable` while a runner of the older version works.
    """
    with _locked(store.paths.migrate_lock):
        with store.read() as connection:
            revision = _revision(connection)
        if revision == HEAD:
            return
        if revision is None:
            _upgrade(store)
            return
        _refuse_newer(revision, store)
        with _without_runner(store.paths.runner_lock):
            _upgrade(store)


def _refuse_newer(revision: str, store: Store) -> None:
    if revision > HEAD:
        raise NewerDatabase(
            f"The job store in {store.paths.root} was written by a newer version of jobs_ext.",
            value=revision,
            hint="Upgrade jobs_ext, or use another data directory.",
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(store: Store) -> None:
    from alembic import command  # imported here: only a server that upgrades pays for it
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock; raise `StoreBusy` when another server brings the store up to date for long."""
    deadline = time.monotonic() + _PATIENCE
    with path.open("a") as handle:
        while not _try_lock(handle):
            if time.monotonic() > deadline:
                raise busy()
            time.sleep(_STEP)
        yield


def _try_lock(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _without_runner(path: Path) -> Iterator[None]:
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreUnavailable(
                "The runner of an earlier version of jobs_ext is still at work.",
                hint="Wait until its jobs have ended, then start the server again.",
            ) from None
        yield
