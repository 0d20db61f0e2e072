"""Which files become outputs, under which names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jobs_ext.model.request import Context, Options, Target
from jobs_ext.model.work import Work
from jobs_ext.runner.collect import collect, listed
from jobs_ext.runner.staging import Plan, plan
from jobs_ext.service import leavings
from jobs_ext.store.paths import AttemptPaths


def make(root: Path, tool: dict[str, Any] | None = None, **options: Any) -> Plan:
    """An attempt that was started: its folders are there."""
    at = AttemptPaths(root / "1")
    for folder in (at.outputs, at.work, at.request):
        folder.mkdir(parents=True)
    at.stdout.write_text("said\n")
    at.alive.touch()
    work = Work(
        id="j",
        attempt=1,
        target=Target(tool="t") if tool else Target(command=["x"]),
        arguments={},
        options=Options(**options),
        context=Context(cwd=str(root)),
        tool=None if tool is None else {"name": "t", "command": ["x"]} | tool,
        parts={},
        batch=None,
        batch_index=None,
        cpu=1.0,
        memory=None,
        timeout=None,
    )
    return plan(work, at)


def names(one: Plan) -> list[str]:
    return [found.name for found in collect(one)[0]]


def test_a_declared_file_has_the_declared_name_and_type(tmp_path: Path) -> None:
    outputs = {
        "table": {"path": "out/t.csv", "main": True},
        "log": {"path": "stdout"},
        "raw": {"path": "t.dat", "media_type": "text/csv", "required": False},
    }
    one = make(tmp_path, {"outputs": outputs})
    (one.at.work / "out").mkdir()
    (one.at.work / "out" / "t.csv").write_text("a\n")
    found, missing, _ = collect(one)
    assert [(f.name, f.media_type, f.main) for f in found] == [
        ("table", "text/csv", True),
        ("log", "text/plain", False),
    ]
    assert missing == []


def test_files_of_a_pattern_keep_their_names_and_one_is_main(tmp_path: Path) -> None:
    one = make(tmp_path, {"outputs": {"parts": {"path": "*.csv", "main": True}}})
    for name in ("b.csv", "a.csv", "other.txt"):
        (one.at.work / name).write_text("x\n")
    assert [(f.name, f.main) for f in collect(one)[0]] == [
        ("a.csv", True),
        ("b.csv", False),
        ("other.txt", False),
    ]


def test_required_ones_that_are_missing_are_named(tmp_path: Path) -> None:
    one = make(tmp_path, {"outputs": {"a": {"path": "a.csv"}, "b": {"path": "*.b"}}})
    (one.at.work / "a.csv").mkdir()
    assert collect(one)[1] == [
        "it did not write its output a (a.csv)",
        "it did not write its output b (*.b)",
    ]


def test_inputs_are_no_outputs(tmp_path: Path) -> None:
    given = tmp_path / "given.txt"
    given.write_text("x")
    one = make(tmp_path, {})
    (one.at.work / "given.txt").symlink_to(given)
    (one.at.work / "copied.txt").write_text("x")
    os.utime(one.at.work / "copied.txt", (0, 0))
    (one.at.work / "made.txt").write_text("x")
    (one.at.work / "alias.txt").symlink_to("made.txt")
    assert names(one) == ["alias.txt"] or names(one) == ["made.txt"]
    assert len(names(one)) == 1


def test_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    one = make(tmp_path, {})
    (one.at.outputs / "t.csv").write_text("x")
    (one.at.work / "t.csv").write_text("y")
    assert names(one) == ["t.csv", "work/t.csv"]


def test_odd_files_are_left_out(tmp_path: Path) -> None:
    one = make(tmp_path)
    os.mkfifo(one.at.outputs / "pipe")
    (one.at.outputs / "dangling").symlink_to("nowhere")
    (one.at.outputs / "loop").symlink_to("loop")
    (one.at.outputs / "real").write_text("x")
    assert names(one) == ["real"]


def test_links_that_lead_out_are_left_out_so_that_all_listed_can_be_had(tmp_path: Path) -> None:
    (away := tmp_path / "away").mkdir()
    (away / "t.csv").write_text("x")
    one = make(tmp_path, {"outputs": {"a": {"path": "a.csv"}, "d": {"path": "d/*.csv"}}})
    (one.at.outputs / "out.csv").symlink_to(away / "t.csv")
    (one.at.outputs / "real").write_text("y")
    (one.at.outputs / "within").symlink_to("real")
    (one.at.work / "a.csv").symlink_to(away / "t.csv")
    (one.at.work / "d").symlink_to(away)
    found, missing, _ = collect(one)
    assert len(found) == 1
    assert found[0].path == one.at.outputs / "real"
    assert missing == [
        "it did not write its output a (a.csv)",
        "it did not write its output d (d/*.csv)",
    ]


def test_links_to_the_submitters_folder_are_files_where_it_is_the_jobs(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x")
    one = make(tmp_path)
    (one.at.outputs / "out.csv").symlink_to(tmp_path / "t.csv")
    (one.at.outputs / "passwd").symlink_to("/etc/passwd")
    assert names(one) == ["out.csv"]


def test_patterns_take_what_is_new_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("x")
    os.utime(tmp_path / "old.csv", (0, 0))
    one = make(tmp_path, outputs=["*.csv", "d/**/*.txt"])
    (tmp_path / "new.csv").write_text("x")
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "e" / "f.txt").write_text("x")
    assert names(one) == ["new.csv", "d/e/f.txt"]


def test_folders_that_are_no_text_and_patterns_that_are_none(tmp_path: Path) -> None:
    one = make(tmp_path, outputs=["a**b", "**"])
    bad = Path(os.fsdecode(os.fsencode(one.at.outputs) + b"/\xff"))
    bad.mkdir()
    (bad / "f").touch()
    found, *_ = collect(one)
    assert [(f.name, f.path.resolve()) for f in found] == [(r"\xff/f", bad / "f")]
    assert str(found[0].path).isprintable()


def test_there_is_an_end_to_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leavings, "MOST_OUTPUTS", 3)
    one = make(tmp_path)
    for number in range(5):
        (one.at.outputs / f"{number}").touch()
    assert names(one) == ["0", "1", "2"]


def test_a_listed_file_has_its_hash(tmp_path: Path) -> None:
    one = make(tmp_path)
    (one.at.outputs / "empty.txt").touch()
    told = msgspec.to_builtins(listed(collect(one)[0][0]))
    assert told["sha256"].startswith("e3b0c44298fc1c14")
    assert told["size"] == 0
