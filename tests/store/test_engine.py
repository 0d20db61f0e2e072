"""Reads: each sees one state, also past SQLAlchemy."""

from __future__ import annotations

import shutil
import threading

import pytest
from sqlalchemy import text

from jobs_ext.model.errors import StoreUnavailable
from jobs_ext.store.engine import Store
from jobs_ext.store.listing import driver
from jobs_ext.store.migrate import check_revision
from jobs_ext.store.paths import Paths


def made(connection):
    """Count by the driver alone, as the quick reads do."""
    return driver(connection).execute("SELECT count(*) FROM content").fetchone()[0]


def add(store, name):
    with store.write() as tx:
        tx.execute(text("INSERT INTO content VALUES (:name, '')"), {"name": name})


@pytest.fixture
def store(service):
    return service._store


def test_a_read_sees_one_state_throughout(store):
    with store.read() as connection:
        before = made(connection)
        add(store, "meanwhile")
        assert made(connection) == before
    with store.glance(), store.read() as connection:
        before = made(connection)
        add(store, "later")
        assert made(connection) == before
    with store.read() as connection:
        assert made(connection) == before + 1


def test_only_the_thread_that_glances_uses_its_connection(store):
    seen = []

    def look():
        with store.read() as connection:
            seen.append(connection)

    with store.glance(), store.read() as mine:
        other = threading.Thread(target=look)
        other.start()
        other.join()
        assert seen[0] is not mine


@pytest.mark.parametrize("logged", [True, False])
def test_one_that_is_only_read_sees_all_and_makes_nothing(store, tmp_path, logged):
    add(store, "kept")
    if not logged:
        store.close()
    paths = Paths(tmp_path / "copy")
    endings = ("", "-wal", "-shm") if logged else ("",)
    paths.root.mkdir()
    for ending in endings:
        shutil.copy(f"{store.paths.db}{ending}", paths.root)
    there = sorted(paths.root.iterdir())
    with store.read() as connection:
        count = made(connection)
    copy = Store(paths, read_only=True)
    check_revision(copy)
    with copy.read() as connection:
        assert made(connection) == count
    with pytest.raises(StoreUnavailable, match="can't be written"):
        add(copy, "more")
    assert sorted(paths.root.iterdir()) == there
    copy.close()
