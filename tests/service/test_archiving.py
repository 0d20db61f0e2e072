"""Copies of outputs: where they may go, and that nothing there is ever written over."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from jobs_ext.model.archive import ArchivePlace
from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.tool import Tool, ToolOutput
from jobs_ext.service.archiving import ArchiveFailed, archive_files, check_folder, filled, named


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    made.mkdir()
    return made


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Two outputs in a folder of the job."""
    folder = tmp_path / "own" / "sub"
    folder.mkdir(parents=True)
    (folder / "t.csv").write_text("a\n")
    (folder.parent / "x").write_bytes(b"x" * 3)
    return {"sub/t.csv": folder / "t.csv", "x": folder.parent / "x"}


@pytest.mark.parametrize("good", ["results", "a/b c/{id}", "é", "results/run-{index}"])
def test_folders_that_may_be(root: Path, good: str) -> None:
    check_folder(good, str(root), [root / "tools"], "f")


BAD = ["", "/etc", "..", "a/../b", "a//b", "a/", ".", "./a", ".git", "a/.b", "a\0b", "x" * 300]


@pytest.mark.parametrize(
    "bad", [*BAD, "a/" * 600 + "a", "tools", "tools/x", "out", "out/x", "f", "f/x/y"]
)
def test_folders_that_may_not(root: Path, bad: str) -> None:
    (root / "out").symlink_to("/tmp")
    (root / "f").write_text("there")
    with pytest.raises(InvalidRequest) as caught:
        check_folder(bad, str(root), [root / "tools"], "options.archive")
    assert (caught.value.field, caught.value.value) == ("options.archive", bad)
    assert caught.value.hint


def test_marks_stand_for_the_job() -> None:
    assert filled("a/{index}/{id}", "j", 3) == "a/3/j"
    assert filled("a-{index}", "j", None) == "a-0"


def place(root: Path, files: dict[str, Path], folder: str = "results") -> dict[str, Path]:
    own = [next(iter(files.values())).parents[1]]
    return archive_files(ArchivePlace(str(root), folder), files, own, "job")


def test_ones_own_files_are_linked_and_others_copied(root: Path, files: dict[str, Path]) -> None:
    foreign = root / "mine.txt"
    foreign.write_text("mine")
    placed = place(root, files | {"mine.txt": foreign})
    assert placed["sub/t.csv"] == root / "results" / "sub" / "t.csv"
    assert placed["x"].samefile(files["x"])
    assert placed["mine.txt"].read_text() == "mine"
    assert not placed["mine.txt"].samefile(foreign)
    assert {p.name for p in (root / "results").iterdir()} == {"mine.txt", "sub", "x"}


def test_a_disk_without_links_gets_copies(
    root: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    placed = place(root, files)
    assert placed["x"].read_bytes() == b"xxx"
    assert not placed["x"].samefile(files["x"])


def test_what_is_there_already_is_left_as_it_is(root: Path, files: dict[str, Path]) -> None:
    first = place(root, files)
    first["x"].unlink()  # it died in between
    shutil.copy(files["x"], first["x"])
    assert place(root, files) == first


def test_no_file_is_written_over(root: Path, files: dict[str, Path]) -> None:
    (root / "results").mkdir()
    (root / "results" / "x").write_text("older")
    with pytest.raises(ArchiveFailed, match="another file"):
        place(root, files)
    assert (root / "results" / "x").read_text() == "older"
    (root / "results" / "x").unlink()
    (root / "results" / "x").symlink_to(files["x"])
    with pytest.raises(ArchiveFailed, match="there already"):
        place(root, files)


def test_a_link_out_that_was_made_meanwhile_is_not_followed(
    root: Path, files: dict[str, Path], tmp_path: Path
) -> None:
    (root / "results").mkdir()
    (root / "results" / "sub").symlink_to(tmp_path / "own")
    with pytest.raises(ArchiveFailed, match="leads out"):
        place(root, files)
    assert {one.name for one in (tmp_path / "own").iterdir()} == {"sub", "x"}


def test_a_folder_that_can_not_be_made_is_told(root: Path, files: dict[str, Path]) -> None:
    (root / "results").write_text("a file")
    with pytest.raises(ArchiveFailed, match="results"):
        place(root, files)


def test_files_are_called_as_the_tool_writes_them() -> None:
    outputs = {
        "table": ToolOutput("sub/t.csv"),
        "log": ToolOutput("stdout"),
        "all": ToolOutput("*.txt"),
        "up": ToolOutput("../t.csv"),
        "twice": ToolOutput("./sub/t.csv"),
        "seen": ToolOutput("x.txt"),
    }
    tool = Tool("t", command=["true"], outputs=outputs)
    assert named([*outputs, "x.txt"], tool) == {
        "table": "sub/t.csv",
        "log": "log",
        "all": "all",
        "up": "up",
        "twice": "twice",
        "seen": "seen",
        "x.txt": "x.txt",
    }
    assert named(["a"], None) == {"a": "a"}


def test_a_name_that_is_none_fails_the_archive_alone(root: Path, files: dict[str, Path]) -> None:
    with pytest.raises(ArchiveFailed, match="called so"):
        archive_files(ArchivePlace(str(root), "a"), {"a\0b": files["x"]}, [], "id")
