"""Reads: each sees one state, also past SQLAlchemy."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from jobs_ext.store.listing import driver


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
