"""Damaged databases: refused with a sentence, kept as they were, and usable again when mended."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from jobs_ext.store import damage
from jobs_ext.store.engine import Store
from jobs_ext.store.faults import DamagedDatabase
from jobs_ext.store.migrate import migrate
from jobs_ext.store.paths import Paths

# A process that writes, and is killed: its log is left beside the database.
WRITER = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import text
from jobs_ext.store.engine import Store
from jobs_ext.store.migrate import migrate
from jobs_ext.store.paths import Paths
store = Store(Paths(sys.argv[1], sys.argv[1]))
migrate(store)
for n in range(int(sys.argv[2])):
    with store.write() as tx:
        tx.execute(text("INSERT INTO content VALUES (:n, :t)"), {"n": f"w{n:05}", "t": "x" * 3000})
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def paths(tmp_path, runtime_dir, new_database):
    paths = Paths(tmp_path / "data", runtime_dir)
    paths.make()
    shutil.copy(new_database, paths.db)
    grow(paths, 200)
    assert not paths.beside_db("wal").exists()
    paths.journal.touch()  # jobs ran here
    return paths


def grow(paths, n_rows):
    """Add rows, of a page each, by a process that ends in order."""
    store = Store(paths)
    with store.write() as tx:
        rows = [{"n": f"{n_rows}-{n}", "t": "x" * 3000} for n in range(n_rows)]
        tx.execute(text("INSERT INTO content VALUES (:n, :t)"), rows)
    store.close()


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def flip_header(paths):
    overwrite(paths.db, 0, bytes(range(200, 232)))


def truncate(paths):
    with paths.db.open("r+b") as file:
        file.truncate(paths.db.stat().st_size // 2)


def empty(paths):
    paths.db.write_bytes(b"")


def killed_writer(paths, n_rows):
    done = subprocess.run([sys.executable, "-c", WRITER, str(paths.root), str(n_rows)], check=False)
    assert done.returncode == -9
    assert paths.beside_db("wal").stat().st_size > 0


def flip_a_page_and_kill(paths):
    overwrite(paths.db, paths.db.stat().st_size // 2 // 4096 * 4096, b"\xff" * 4096)
    paths.beside_db("wal").write_bytes(b"not a log of this or any database")


def log_of_another(paths):
    """The log of another database that had grown before, beside this one."""
    other = Paths(paths.root / "other", paths.runtime_dir)
    other.make()
    shutil.copy(paths.db, other.db)
    grow(other, 500)
    killed_writer(other, 20)
    shutil.copy(other.beside_db("wal"), paths.beside_db("wal"))


WAYS = {
    flip_header: "is not a database",
    truncate: "was cut short",
    empty: "is empty",
    flip_a_page_and_kill: "is damaged",
    log_of_another: "is damaged",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_database_is_refused_and_kept(paths, way):
    sound = paths.db.read_bytes()
    way(paths)
    broken = paths.db.read_bytes()
    for _ in range(2):  # each start is told the same
        store = Store(paths)
        with pytest.raises(DamagedDatabase, match=WAYS[way]) as told:
            migrate(store)
        store.close()
        assert str(paths.db) in str(told.value)
    (copy,) = paths.root.glob("jobs.sqlite.corrupt-*[0-9]")
    assert copy.read_bytes() == broken
    assert copy.stat().st_mode & 0o777 == 0o600

    for file in paths.root.glob("jobs.sqlite-*"):
        file.unlink()
    paths.db.write_bytes(sound)  # as if recovered
    store = Store(paths)
    migrate(store)
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM content")).scalar() == 200
    store.close()
    assert copy.exists()


def test_damage_met_at_work_is_refused_by_everybody_from_then_on(paths):
    overwrite(paths.db, paths.db.stat().st_size // 2 // 4096 * 4096, b"\xff" * 4096)
    store, other = Store(paths), Store(paths)
    migrate(store)
    migrate(other)
    with pytest.raises(DamagedDatabase, match="is damaged"), store.read() as connection:
        connection.execute(text("SELECT sum(length(body)) FROM content")).scalar()
    with pytest.raises(DamagedDatabase, match="is damaged"), other.write() as tx:
        tx.execute(text("INSERT INTO content VALUES ('new', 'new')"))
    assert len(list(paths.root.glob("jobs.sqlite.corrupt-*[0-9]"))) == 1
    store.close()
    other.close()


def test_a_damaged_database_may_be_moved_away(paths):
    flip_header(paths)
    store = Store(paths)
    with pytest.raises(DamagedDatabase):
        migrate(store)
    store.close()
    paths.db.rename(paths.root / "elsewhere")
    store = Store(paths)
    migrate(store)
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM content")).scalar() == 0
    store.close()


def test_without_room_no_copy_is_kept_and_nothing_else_changes(paths, monkeypatch):
    monkeypatch.setattr(damage, "free", lambda _folder: 1000)
    flip_header(paths)
    store = Store(paths)
    with pytest.raises(DamagedDatabase):
        migrate(store)
    store.close()
    assert list(paths.root.glob("jobs.sqlite.corrupt-*")) == []
    assert paths.damage.exists()


def test_a_killed_process_leaves_a_sound_database(paths):
    for file in paths.root.glob("jobs.sqlite*"):
        file.unlink()
    killed_writer(paths, 50)
    store = Store(paths)
    migrate(store)
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM content")).scalar() == 50
    store.close()
