from __future__ import annotations

import fcntl
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from jobs_ext.model.errors import StoreUnavailable
from jobs_ext.store import migrate as migrations
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


def comparable(_object, name, _type, _reflected, _compare_to):
    """The queue's index has an expression, which Alembic can't compare."""
    return name != "job_queue"


def test_migrations_make_the_tables_of_the_schema(store):
    migrate(store)
    options = {"compare_server_default": True, "include_object": comparable}
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
