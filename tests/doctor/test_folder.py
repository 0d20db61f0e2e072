"""The data directory and its database, each broken in turn."""

from __future__ import annotations

import sqlite3

import pytest

from jobs_ext.doctor.folder import check_folder, check_store
from jobs_ext.model.request import Context, SubmitRequest, Target
from jobs_ext.store.paths import Paths
from tests.disks import fill, needs_mounts, remount, small_disk


@pytest.fixture
def paths(service, who, tmp_path):
    """A data directory with one job, and nobody who uses it."""
    request = SubmitRequest(Target(command=["true"]), context=Context(cwd=str(tmp_path)))
    service.jobs.submit(who, request)
    service.close()
    return service.paths


def only(found):
    (finding,) = found
    return finding


def sql(paths, statement):
    with sqlite3.connect(paths.db) as connection:
        connection.execute(statement)
    connection.close()


def test_nothing_is_wrong(paths):
    assert only(check_folder(paths.root)).level == "ok"
    assert only(check_store(paths)).what == "1 RUNNABLE"


def test_no_folder(tmp_path):
    found = only(check_folder(tmp_path / "none"))
    assert (found.level, "--data-dir" in found.todo) == ("warning", True)
    assert not (tmp_path / "none").exists()


def test_others_may_look_in(paths):
    paths.root.chmod(0o755)
    found = only(check_folder(paths.root))
    assert (found.level, found.todo) == ("error", f"chmod 700 {paths.root}")
    list(check_store(paths))
    assert paths.root.stat().st_mode & 0o777 == 0o755  # it looks, and changes nothing


def test_a_network_file_system(paths, monkeypatch):
    monkeypatch.setattr("jobs_ext.doctor.folder.is_network", lambda _: True)
    assert "network" in only(check_folder(paths.root)).what


@needs_mounts
def test_a_full_disk_and_one_that_is_read_only(tmp_path):
    with small_disk(tmp_path / "disk", "4m", "rw,mode=700") as folder:
        fill(folder)
        assert "Only" in only(check_folder(folder)).what
        remount(folder, "ro")
        assert "can't be written" in next(check_folder(folder)).what


@needs_mounts
def test_a_folder_of_somebody_else(paths):
    import os

    os.chown(paths.root, 12345, 12345)
    found = next(check_folder(paths.root))
    assert (found.level, "12345" in found.what) == ("error", True)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "newer version"),
        ("UPDATE alembic_version SET version_num = '0000'", "not up to date"),
        ("DROP TABLE alembic_version", "not up to date"),
    ],
)
def test_another_version_of_the_database(paths, statement, told):
    sql(paths, statement)
    found = only(check_store(paths))
    assert found.level == "error"
    assert told in found.what
    assert found.todo


def test_a_damaged_database(paths):
    paths.db.write_bytes(b"no database at all" * 1000)
    assert only(check_store(paths)).level == "error"


def test_known_damage(paths):
    paths.damage.write_text("The job store was cut short.\n")
    assert "cut short" in only(check_store(paths)).what


def test_a_clock_that_went_back(paths):
    sql(paths, "UPDATE event SET time = '2999-01-01T00:00:00.000000Z'")
    found = list(check_store(paths))[1]
    assert (found.check, found.level) == ("clock", "warning")


def test_no_database_is_nothing_to_say(tmp_path):
    assert list(check_store(Paths(tmp_path))) == []
