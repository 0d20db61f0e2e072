from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from jobs_ext.model.errors import StoreUnavailable
from jobs_ext.model.status import Status
from jobs_ext.model.work import Ended, Free
from jobs_ext.service import Service
from jobs_ext.store import migrate as migrations
from jobs_ext.store import outputs
from jobs_ext.store.engine import Store
from jobs_ext.store.faults import NewerDatabase
from jobs_ext.store.migrate import UnmigratedDatabase, check_revision, migrate
from jobs_ext.store.paths import Paths
from jobs_ext.store.schema import HEAD, metadata


@pytest.fixture
def store(tmp_path, runtime_dir):
    paths = Paths(tmp_path, runtime_dir)
    paths.make()
    store = Store(paths)
    yield store
    store.close()


def set_revision(store, revision):
    with store.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def test_the_revision_of_the_code_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(migrations._MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_migrations_make_the_tables_of_the_schema(store):
    migrate(store)
    options = {"compare_server_default": True}
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_migrations_make_every_index_of_the_schema(store):
    migrate(store)
    with store.read() as connection:
        made = set(
            connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'index'")
            ).scalars()
        )
    assert {index.name for table in metadata.tables.values() for index in table.indexes} <= made


def test_a_database_up_to_date_is_left_alone(store):
    migrate(store)
    before = store.paths.db.stat().st_mtime_ns
    migrate(store)
    check_revision(store)
    assert store.paths.db.stat().st_mtime_ns == before


def test_the_runner_refuses_a_database_that_no_server_made(store):
    with pytest.raises(UnmigratedDatabase, match="Start the Jupyter server"):
        check_revision(store)
    assert not store.paths.db.exists()


def test_a_database_of_a_newer_version_is_refused(store):
    migrate(store)
    set_revision(store, "9999")
    for open_it in (migrate, check_revision):
        with pytest.raises(NewerDatabase, match="newer version"):
            open_it(store)


def test_an_older_database_is_not_touched_under_a_runner_that_uses_it(store):
    migrate(store)
    set_revision(store, "0000")
    with store.paths.runner_lock.open("a") as runner:
        fcntl.flock(runner, fcntl.LOCK_EX)
        with pytest.raises(StoreUnavailable, match="runner of an earlier version"):
            migrate(store)
    with pytest.raises(UnmigratedDatabase):
        check_revision(store)


def test_servers_that_start_together_make_one_database(tmp_path):
    code = f"""
from jobs_ext.service import Service
Service.open({str(tmp_path / "data")!r}, migrate=True, runtime_dir={str(tmp_path)!r}).close()
"""
    starts = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [start.wait(60) for start in starts] == [0, 0, 0]


OLD = """
INSERT INTO content VALUES ('spec', '{"target": {"command": ["true"]}, "options": {}, '
    || '"context": "context", "tool": null, "parts": {}, "base": "/"}'), ('context', '{}');
INSERT INTO batch (pk, id, name, kind, target_name, owner, created, n_jobs, made, parameters, fixed,
    spec, priority, cpu, max_running, held)
VALUES (1, 'b', 'b', 'command', 'true', 'ada', '', 2, 1, '[]', '{}', 'spec', 0, 1.0, 1, 0);
INSERT INTO entries VALUES (1, 0, '{}' || char(10) || '{}');
INSERT INTO job (pk, id, name, kind, target_name, owner, batch_pk, batch, batch_index, status,
    created, arguments, spec, priority, cpu, memory, max_running, held)
VALUES
    (1, 'a', 'a', 'command', 'true', 'ada', NULL, NULL, NULL, 'RUNNABLE', '', '{}', 'spec', 1, 1.0,
        5, NULL, 0),
    (2, 'b0', 'b0', 'command', 'true', 'ada', 1, 'b', 0, 'RUNNABLE', '', '{}', 'spec', 0, 1.0,
        NULL, 1, 0),
    (3, 'c', 'c', 'command', 'true', 'ada', NULL, NULL, NULL, 'FAILED', '', '{}', 'spec', 0, 1.0,
        NULL, NULL, 0),
    (4, 'd', 'd', 'command', 'true', 'bob', NULL, NULL, NULL, 'PENDING', '', '{}', 'spec', 0, 1.0,
        NULL, NULL, 0);
INSERT INTO needs VALUES (4, 1);
"""


def test_jobs_of_the_first_version_run(tmp_path, runtime_dir, monkeypatch):
    paths = Paths(tmp_path, runtime_dir)
    paths.make()
    store = Store(paths)
    upgrade(store, "0001")
    with sqlite3.connect(paths.db) as old:
        old.executescript(OLD)
    old.close()
    store.close()
    service = Service.open(tmp_path, migrate=True, runtime_dir=runtime_dir)
    started = [work.id for work in service.queue.claim(Free(4, 10**9), 9)]
    assert started == ["a", "b0"]
    service.queue.apply([Ended(job, 1, Status.SUCCEEDED, "2026-01-01") for job in started])
    assert service.queue.materialize() == 1
    assert service.queue.promote() == 1
    with service._store.write() as tx:
        tx.execute(text("UPDATE job SET status = 'RUNNABLE' WHERE id = 'c'"))  # as a reset does
    assert {work.id for work in service.queue.claim(Free(4, 10**9), 9)} > {"c", "d"}
    service.close()


def upgrade(store, revision):
    config = Config()
    config.set_main_option("script_location", str(migrations._MIGRATIONS))
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_outputs_keep_their_numbers_and_bytes_when_those_become_columns(store):
    upgrade(store, "0022")
    with sqlite3.connect(store.paths.db) as old:
        old.executescript(OLD.replace("INSERT INTO needs VALUES (4, 1);", ""))
        old.execute("UPDATE job SET owner = 'ada'")
        columns = "rowid, job_pk, attempt, name, path, media_type, size, main"
        rows = [(n, 1, 1, f"f{n}", f"/jobs/a/{n}", "text/plain", 10, 0) for n in (3, 7)]
        old.executemany(f"INSERT INTO output ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        old.execute("DELETE FROM output WHERE rowid = 3")
    old.close()
    migrate(store)
    with store.write() as tx:
        outputs.add(tx, dict(zip(columns.split(", ")[1:], rows[0][1:], strict=True)))
        found = tx.execute(text("SELECT pk, name FROM output ORDER BY pk")).all()
        assert [tuple(row) for row in found] == [(7, "f7"), (8, "f3")]
        assert tx.execute(text("SELECT owner, bytes FROM owner_bytes")).all() == [("ada", 20)]
