"""Bringing a database up to date: by the server only, one at a time."""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, inspect, text

from ..model.errors import StoreUnavailable
from .backups import keep_backup
from .damage import refuse_damaged
from .engine import Store
from .faults import busy, newer
from .paths import Paths
from .schema import HEAD

_MIGRATIONS = Path(__file__).with_name("migrations")
_PATIENCE = 10.0  # seconds to wait for another server, or for a runner that is just ending
_STEP = 0.01  # seconds between looks for that


class UnmigratedDatabase(StoreUnavailable):
    """The database is missing or older than this code; a server must bring it up to date."""


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
    store.expected = HEAD


def ask_nobody(_paths: Paths) -> bool:
    """Leave a runner that is in the way alone."""
    return False


def migrate(store: Store, ask_runner: Callable[[Paths], bool] = ask_nobody) -> None:
    """Make the database, or bring it up to date; nothing happens when it is.

    A runner of the older version is asked by `ask_runner` to let go. Raises `NewerDatabase`, and
    `StoreUnavailable` when that runner goes on.
    """
    with _locked(store.paths.migrate_lock):
        refuse_damaged(store.paths, alone=_is_alone(store.paths))
        with store.read() as connection:
            revision = _revision(connection)
        if revision is None:
            _upgrade(store)
        elif revision != HEAD:
            _refuse_newer(revision, store)
            with _without_runner(store.paths, ask_runner):
                keep_backup(store.paths, HEAD)
                _upgrade(store)
    store.expected = HEAD


def _refuse_newer(revision: str, store: Store) -> None:
    if revision > HEAD:
        raise newer(store.paths.root, revision)


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
    with path.open("a") as handle:
        if not _lock_in_time(handle):
            raise busy()
        yield


def _is_alone(paths: Paths) -> bool:
    """Tell whether neither a runner nor a server uses the data directory."""
    for path in (paths.runner_lock, paths.attached):
        with path.open("a") as handle:
            if not _try_lock(handle):
                return False
    return True


def _lock_in_time(handle: TextIO) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while not (held := _try_lock(handle)) and time.monotonic() < deadline:
        time.sleep(_STEP)
    return held


def _try_lock(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _without_runner(paths: Paths, ask_runner: Callable[[Paths], bool]) -> Iterator[None]:
    """Hold the runner's lock, so that there is none meanwhile; its attempts go on."""
    with paths.runner_lock.open("a") as handle:
        if not _try_lock(handle) and not (ask_runner(paths) and _lock_in_time(handle)):
            raise StoreUnavailable(
                "The runner of an earlier version of jobs_ext is still at work.",
                hint="jobs_ext goes on by itself when that runner has let go. "
                "One on another machine must be ended there.",
            )
        yield
