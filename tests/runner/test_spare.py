"""Folders that are used again."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from jobs_ext.runner.payloads.function import RESULT_FILES
from jobs_ext.runner.spare import SpareFolders
from jobs_ext.store.paths import VALUES, AttemptPaths


@pytest.fixture
def spares(tmp_path: Path) -> SpareFolders:
    return SpareFolders(tmp_path / "spare")


def test_an_unused_folder_is_used_again(spares: SpareFolders, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    spares.take(first)
    inode = first.stat().st_ino
    spares.give(first)
    assert not first.exists()
    SpareFolders(tmp_path / "spare").take(second)
    assert (second.stat().st_ino, second.stat().st_mode & 0o777) == (inode, 0o700)
    assert list(second.iterdir()) == []


def test_spares_that_somebody_removed_are_not_missed(spares: SpareFolders, tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        spares.take(folder)
    for folder in folders:
        spares.give(folder)
    shutil.rmtree(tmp_path / "spare")
    spares.take(tmp_path / "third")
    assert (tmp_path / "third").is_dir()


def test_what_holds_files_stays(spares: SpareFolders, tmp_path: Path) -> None:
    folder = tmp_path / "outputs"
    spares.take(folder)
    (folder / "kept").touch()
    spares.give(folder)
    assert (folder / "kept").exists()


def test_what_the_job_changed_is_not_used_again(spares: SpareFolders, tmp_path: Path) -> None:
    loose, linked, removed = tmp_path / "loose", tmp_path / "linked", tmp_path / "removed"
    loose.mkdir(mode=0o755)
    (tmp_path / "elsewhere").mkdir()
    linked.symlink_to(tmp_path / "elsewhere")
    for folder in (loose, linked, removed):
        spares.give(folder)
    assert not loose.exists()
    assert (tmp_path / "elsewhere").exists()
    assert list((tmp_path / "spare").iterdir()) == []


def test_no_more_than_some_are_kept(tmp_path: Path) -> None:
    spares = SpareFolders(tmp_path / "spare", most=4)
    folders = [tmp_path / f"f{n}" for n in range(6)]
    for folder in folders:
        spares.take(folder)
    for folder in folders:
        spares.give(folder)
    assert len(list((tmp_path / "spare").iterdir())) == 4
    assert not any(folder.exists() for folder in folders)


@pytest.fixture
def ended(spares: SpareFolders, tmp_path: Path) -> AttemptPaths:
    """An attempt of a function that wrote a line and its value."""
    at = AttemptPaths(tmp_path / "0-1")
    spares.take_whole(at.text())
    at.stdout.write_text("a line\n")
    Path(at.text("result.json")).write_text("7")
    return at


linux = pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")


@linux
def test_a_whole_folder_is_passed_on_once_all_of_it_is_saved(
    spares: SpareFolders, ended: AttemptPaths, tmp_path: Path
) -> None:
    inode = ended.folder.stat().st_ino
    found = spares.take_value_out(ended)
    assert found is not None
    assert (found.name, found.size, found.main) == ("result.json", 1, True)
    assert found.path in ended.values
    assert spares.give_whole(ended) == {"stdout": "a line\n", "stderr": ""}
    spares.take_whole(str(tmp_path / "1-1"))
    assert ended.stdout.read_text() == "a line\n"  # nobody could say it again before that
    spares.saved()
    spares.take_whole(str(tmp_path / "2-1"))
    assert (tmp_path / "2-1").stat().st_ino == inode
    assert (tmp_path / "2-1/stdout").read_text() == ""
    assert found.path.read_text() == "7"
    assert not ended.folder.exists()


@pytest.mark.parametrize("more", ["progress", "error.json", "call.json", "named"])
def test_a_value_stays_with_what_lies_beside_it(
    spares: SpareFolders, ended: AttemptPaths, more: str
) -> None:
    Path(ended.text(more)).touch()
    assert spares.take_value_out(ended) is None
    assert Path(ended.text("result.json")).read_text() == "7"


def test_only_a_file_is_a_value(spares: SpareFolders, ended: AttemptPaths, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    Path(ended.text("result.json")).unlink()
    Path(ended.text("result.json")).symlink_to(tmp_path / "secret")
    assert spares.take_value_out(ended) is None
    assert not any(value.exists() for value in ended.values)


@linux
def test_a_folder_with_outputs_or_an_open_log_stays(
    spares: SpareFolders, ended: AttemptPaths
) -> None:
    assert spares.take_value_out(ended) is not None
    with ended.stdout.open():
        assert spares.give_whole(ended) is None
    (ended.outputs / "kept").touch()
    assert spares.give_whole(ended) is None
    assert (ended.outputs / "kept").exists()


def test_the_folder_of_a_job_that_is_just_purged_is_not_missed(
    spares: SpareFolders, ended: AttemptPaths
) -> None:
    shutil.rmtree(ended.folder)
    assert spares.take_value_out(ended) is None
    assert spares.give_whole(ended) is None


def test_values_have_the_names_that_the_payload_gives_them() -> None:
    assert VALUES == RESULT_FILES
