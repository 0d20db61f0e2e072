"""Folders that are used again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jobs_ext.runner.spare import SpareFolders


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
