"""Databases of every older revision: upgraded, readable, and their waiting jobs still run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, select

from jobs_ext.model.request import Target
from jobs_ext.model.status import Status
from jobs_ext.store import migrate as migrations
from tests.runner.house import WHO, House, open_house, socket_folder

CONFIG = Config()
CONFIG.set_main_option("script_location", str(migrations._MIGRATIONS))
REVISIONS = [one.revision for one in ScriptDirectory.from_config(CONFIG).walk_revisions()][::-1]


@pytest.fixture(scope="module")
def donor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, dict[str, str]]]:
    """A store of today with a row in every table: a job that ran, and some that wait."""
    root = tmp_path_factory.mktemp("donor")
    with socket_folder() as sockets, open_house(root, sockets) as house:
        done = house.shell("echo hello; echo kept > $JOBS_OUTPUT_DIR/kept.txt")
        house.ended(done)
        house.kill_runner()
        first = house.command("true")
        jobs = {"done": done, "first": first, "second": house.command("true", after=[first])}
        jobs["batch"] = house.batch(Target(command=["true", "{k}"]), [{"k": k} for k in range(3)])
        yield house, jobs


def make_old(database: Path, revision: str, donor: Path) -> None:
    """Make a database of the first revision with the donor's rows, and bring it to `revision`."""
    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        upgrade(connection, REVISIONS[0])
        copy_rows(connection, donor)
        upgrade(connection, revision)
    engine.dispose()


def upgrade(connection: Connection, revision: str) -> None:
    CONFIG.attributes["connection"] = connection
    command.upgrade(CONFIG, revision)
    connection.commit()


def copy_rows(connection: Connection, donor: Path) -> None:
    """Copy what the tables of the first revision have in common with those of today."""
    source = create_engine(f"sqlite:///{donor}")
    today, old = MetaData(), MetaData()
    today.reflect(source)
    old.reflect(connection)
    with source.connect() as reader:
        for table in old.sorted_tables:
            if table.name == "alembic_version":
                continue
            known = today.tables[table.name].c
            rows = reader.execute(select(*(known[c.name] for c in table.c if c.name in known)))
            found = [dict(row._mapping) for row in rows]
            assert found, f"no row to put into {table.name}"
            connection.execute(table.insert(), found)
    connection.commit()
    source.dispose()


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_an_older_revision_goes_on(donor, tmp_path, revision):
    house, jobs = donor
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    make_old(data / "jobs.sqlite", revision, house.paths.db)
    with socket_folder() as sockets, open_house(tmp_path, sockets) as new:
        old = new.get(jobs["done"])
        assert old.status is Status.SUCCEEDED
        assert [output.name for output in old.outputs] == ["kept.txt"]
        assert old.attempts[0].exit_code == 0
        for job in (jobs["first"], jobs["second"]):
            assert new.ended(job).status is Status.SUCCEEDED
        made = {job.id for job in new.jobs(jobs["batch"])}
        assert {new.ended(job).status for job in made} == {Status.SUCCEEDED}
        assert new.service.batches.get(WHO, jobs["batch"]).counts["SUCCEEDED"] == 3
    assert (data / f"jobs.sqlite.before-{REVISIONS[-1]}").exists() == (revision != REVISIONS[-1])
