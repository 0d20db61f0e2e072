from __future__ import annotations

import errno
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import text

from jobs_ext.model.errors import DiskFull, StoreUnavailable
from jobs_ext.store.engine import Store
from jobs_ext.store.faults import StoreBusy, mapped_faults
from jobs_ext.store.migrate import migrate
from jobs_ext.store.paths import Paths
from tests.disks import needs_mounts, small_disk
from tests.waiting import until


@pytest.fixture
def store(tmp_path, runtime_dir):
    paths = Paths(tmp_path, runtime_dir)
    paths.make()
    store = Store(paths, busy_seconds=0.1)
    migrate(store)
    yield store
    store.close()


def put(tx, value):
    tx.execute(text("INSERT INTO content VALUES (:hash, :body)"), {"hash": value, "body": value})


def count(store):
    with store.read() as connection:
        return connection.execute(text("SELECT count(*) FROM content")).scalar()


def test_a_store_that_another_process_holds_is_busy(store):
    other = sqlite3.connect(store.paths.db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="busy"), store.write() as tx:
        put(tx, "x")
    other.execute("ROLLBACK")
    other.close()
    with store.write() as tx:
        put(tx, "x")
    assert count(store) == 1


def test_readers_go_on_beside_the_writer(store):
    with store.write() as tx:
        put(tx, "x")
        assert count(store) == 0
    assert count(store) == 1


def test_a_reader_sees_one_state_throughout(store):
    with store.read() as connection:
        query = text("SELECT count(*) FROM content")
        assert connection.execute(query).scalar() == 0
        with store.write() as tx:
            put(tx, "x")
        assert connection.execute(query).scalar() == 0


def fill_the_disk(store):
    with store.write() as tx:
        tx.execute(text("PRAGMA max_page_count = 1"))
        for number in range(1000):
            put(tx, f"{number}" * 1000)


def put_and_fail(store):
    with store.write() as tx:
        put(tx, "x")
        raise ZeroDivisionError


def test_a_full_disk_leaves_nothing_behind(store):
    with pytest.raises(DiskFull):
        fill_the_disk(store)
    assert count(store) == 0


def test_a_full_disk_under_a_file_is_the_same_error(tmp_path):
    with pytest.raises(DiskFull, match="no space"), mapped_faults(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EIO, errno.EMFILE])
def test_a_disk_that_can_not_be_used_makes_the_store_unavailable(number, tmp_path):
    with pytest.raises(StoreUnavailable, match="can't be"), mapped_faults(tmp_path):
        raise OSError(number, "no")


def test_what_is_not_the_disks_fault_passes_through(tmp_path):
    with pytest.raises(FileNotFoundError), mapped_faults(tmp_path):
        raise FileNotFoundError(errno.ENOENT, "no")
    with pytest.raises(sqlite3.IntegrityError), mapped_faults(tmp_path):
        raise sqlite3.IntegrityError("a defect")


def test_a_damaged_database_says_so(tmp_path, runtime_dir):
    paths = Paths(tmp_path, runtime_dir)
    paths.make()
    paths.db.write_bytes(b"this is no database, whatever its name says" * 100)
    store = Store(paths)
    with pytest.raises(StoreUnavailable, match="not a database"), store.read() as connection:
        connection.execute(text("SELECT 1"))
    store.close()


def test_a_transaction_that_fails_is_undone(store):
    with pytest.raises(ZeroDivisionError):
        put_and_fail(store)
    assert count(store) == 0


def test_commits_reach_the_disk(store):
    with store.read() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_who_comes_after_one_that_waited_in_vain_is_told_at_once(store):
    store._busy = 1.0
    other = sqlite3.connect(store.paths.db, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        told = [pool.submit(put_one, store, f"x{number}") for number in range(24)]
        assert {type(one.exception()) for one in told} == {StoreBusy}
    assert time.monotonic() - began < 8  # of the 24 s that all of them could have waited
    other.execute("ROLLBACK")
    other.close()
    put_one(store, "x")
    put_one(store, "y")
    assert count(store) == 2


def put_one(store, value):
    with store.write() as tx:
        put(tx, value)


def test_a_full_disk_is_told_with_its_folder_and_what_is_free(tmp_path):
    with pytest.raises(DiskFull) as told, mapped_faults(tmp_path):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")
    assert str(tmp_path) in told.value.hint
    assert "B are free" in told.value.hint


@needs_mounts
def test_the_disk_says_why_a_database_can_not_be_opened(tmp_path):
    """SQLite only says that it can't: the reason is found by writing."""
    disk = tmp_path / "disk"
    refused = pytest.raises(StoreUnavailable, match="read-only")
    with small_disk(disk, size="1m", options="ro"), refused, mapped_faults(disk):
        sqlite3.connect(disk / "jobs.sqlite").execute("CREATE TABLE t (a)")


def test_who_waits_beside_another_waits_as_long(store):
    patient = Store(store.paths, busy_seconds=30)
    other = sqlite3.connect(store.paths.db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def add(value):
        with patient.write() as tx:
            put(tx, value)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(add, "a")
        until(patient._lock.locked, what="the first one to wait")
        second = pool.submit(add, "b")
        assert not wait([first, second], timeout=0.5).done
        other.execute("ROLLBACK")
        assert [first.result(), second.result()] == [None, None]
    other.close()
    patient.close()
    assert count(store) == 2
