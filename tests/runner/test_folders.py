"""Folders that are used again: every log is its attempt's own, and what is kept stays."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from jobs_ext.runner.executors import Launch
from jobs_ext.runner.keeper.folders import BEGUN, Folders
from tests.runner.keepers import Bench, gone
from tests.waiting import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")


@pytest.fixture
def folders() -> Folders:
    return Folders()


@pytest.fixture
def one(folders: Folders, tmp_path: Path) -> Path:
    """The folder of an attempt that wrote a line."""
    folders.make(str(tmp_path / "one"))
    (tmp_path / "one/stdout").write_text("a line\n")
    return tmp_path / "one"


def test_the_next_gets_it_empty(folders: Folders, one: Path) -> None:
    inode = one.stat().st_ino
    assert folders.take(str(one)) == {"stdout": "a line\n", "stderr": ""}
    other = one.with_name("other")
    folders.make(str(other))
    assert other.stat().st_ino == inode
    assert not one.exists()
    assert {file.name for file in other.iterdir()} == {"stdout", "stderr", "alive", "outputs"}
    assert all((other / name).stat().st_size == 0 for name in ("stdout", "stderr", "alive"))
    assert folders.take(str(other)) == {"stdout": "", "stderr": ""}


def test_one_that_was_deleted_is_not_missed(folders: Folders, one: Path) -> None:
    folders.take(str(one))
    one.rename(one.with_name("trash"))
    folders.make(str(one.with_name("other")))
    assert (one.with_name("other") / "outputs").is_dir()
    assert (one.with_name("trash") / "stdout").read_text() == "a line\n"


CHANGES: dict[str, Callable[[Path], object]] = {
    "an output": lambda at: (at / "outputs/x").touch(),
    "an output that came and went": lambda at: (
        (at / "outputs/x").touch(),
        (at / "outputs/x").unlink(),
    ),
    "an output unpacked without times": lambda at: (
        (at / "outputs/x").touch(),
        os.utime(at / "outputs", ns=(0, 0)),
    ),
    "progress": lambda at: (at / "progress").touch(),
    "another log": lambda at: ((at / "x").write_text("mine"), (at / "x").rename(at / "stdout")),
    "no outputs": lambda at: (at / "outputs").rmdir(),
    "rights": lambda at: (at / "stderr").chmod(0o400),
    "rights of a folder": lambda at: (at / "outputs").chmod(0o500),
    "another name of the log": lambda at: os.link(at / "stdout", at.with_name("mine")),
    "a long log": lambda at: (at / "stdout").write_text("x" * 4097),
    "no text": lambda at: (at / "stderr").write_bytes(b"\xff"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_left_in_it_stays(folders: Folders, one: Path, what: str) -> None:
    CHANGES[what](one)
    before = sorted((file.name, file.stat().st_size) for file in one.iterdir())
    assert folders.take(str(one)) is None
    folders.make(str(one.with_name("other")))
    assert sorted((file.name, file.stat().st_size) for file in one.iterdir()) == before


@pytest.mark.parametrize("name", ["stdout", "stderr"])
@pytest.mark.parametrize("mode", ["rb", "ab"])
def test_a_log_that_somebody_has_open_stays(
    folders: Folders, one: Path, name: str, mode: str
) -> None:
    with (one / name).open(mode):
        assert folders.take(str(one)) is None
    assert (one / "stdout").read_text() == "a line\n"


def test_who_holds_the_file_of_the_living_keeps_it_alone(folders: Folders, one: Path) -> None:
    """So does a program of another attempt that is being started, until it is loaded."""
    with (one / "alive").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert folders.take(str(one)) == {"stdout": "a line\n", "stderr": ""}
        folders.make(str(one.with_name("other")))
        with (one.with_name("other") / "alive").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert folders.take(str(one.with_name("other"))) == {"stdout": "", "stderr": ""}


def test_of_one_that_began_with_another_s_end_the_next_one_knows_nothing(
    folders: Folders, one: Path
) -> None:
    (one / "alive").write_text(BEGUN)
    assert folders.take(str(one)) == {"stdout": "a line\n", "stderr": ""}
    folders.make(str(one.with_name("other")))
    assert (one.with_name("other") / "alive").read_text() == ""


def plain(keeper: Bench, key: str, script: str, lane: str = "lane") -> Launch:
    """An order as the runner makes it for a command: the folder is left to the keeper."""
    at = keeper.root / key.replace("/", "-")
    files = {name: str(at / name) for name in ("stdout", "stderr", "alive")}
    order = msgspec.structs.replace(keeper.shell(key, script), lane=lane, folder=str(at), **files)
    return msgspec.structs.replace(
        order, environment=order.environment | {"JOBS_OUTPUT_DIR": str(at / "outputs")}
    )


def log(keeper: Bench, key: str) -> str | None:
    """What the journal holds of its stdout."""
    logs = keeper.wait(key, "exited").get("logs")
    return logs["stdout"] if logs else None


def test_a_lane_has_one_folder_and_each_its_own_log(keeper: Bench) -> None:
    keeper.client.spawn([plain(keeper, f"{n}/1", f"echo {n}; ls $JOBS_OUTPUT_DIR") for n in "abc"])
    assert [log(keeper, f"{n}/1") for n in "abc"] == ["a\n", "b\n", "c\n"]
    assert [n for n in "abc" if (keeper.root / f"{n}-1").exists()] == ["c"]


def test_who_failed_or_left_something_keeps_the_folder(keeper: Bench) -> None:
    scripts = ["echo f; exit 1", "echo k; touch $JOBS_OUTPUT_DIR/x", "echo s; kill -9 $$", "echo d"]
    keeper.client.spawn([plain(keeper, f"{s[5]}/1", s) for s in scripts])
    assert log(keeper, "d/1") == "d\n"
    for n in "fks":
        assert log(keeper, f"{n}/1") is None
        assert (keeper.root / f"{n}-1/stdout").read_text() == f"{n}\n"
    assert (keeper.root / "k-1/outputs/x").exists()


def test_a_child_that_still_writes_writes_into_its_own_log(keeper: Bench) -> None:
    stubborn = "trap '' TERM; (while :; do echo late; sleep 0.02; done) & exit 0"
    keeper.client.spawn([plain(keeper, "a/1", stubborn), plain(keeper, "b/1", "echo b")])
    keeper.client.spawn([plain(keeper, f"c{n}/1", "echo c", lane="other") for n in range(20)])
    assert {log(keeper, f"c{n}/1") for n in range(20)} <= {"c\n", None}
    assert log(keeper, "b/1") == "b\n"
    assert log(keeper, "a/1") is None
    assert set((keeper.root / "a-1/stdout").read_text().split()) == {"late"}


HIDDEN = """
import os
os.closerange(3, 100)
os.execve("/bin/sh", ["sh", "-c", "while echo late; do /bin/sleep 0.02; done"], {})
"""


def test_one_that_hid_completely_writes_into_its_own_log(keeper: Bench) -> None:
    (keeper.root / "hidden.py").write_text(HIDDEN)
    hide = f"setsid {sys.executable} -S {keeper.root}/hidden.py & sleep 0.3"
    keeper.client.spawn([keeper.shell("z/1", "sleep 600")])  # until it ends, nobody hidden does
    keeper.client.spawn([plain(keeper, "a/1", hide), plain(keeper, "b/1", "sleep 0.2; echo b")])
    assert log(keeper, "b/1") in ("b\n", None)
    assert "late" not in Path(keeper.root, "b-1/stdout").read_text()
    assert "late" in (keeper.root / "a-1/stdout").read_text()


def test_the_keeper_is_killed_in_the_middle_of_a_lane(keeper: Bench) -> None:
    file = keeper.root / "ran"
    keys = [f"j{n}/1" for n in range(300)]
    scripts = [f"echo {key} | tee -a {file}" for key in keys]
    keeper.client.spawn([plain(keeper, *one) for one in zip(keys, scripts, strict=True)])
    until(lambda: keeper.find("j20/1", "exited"), what="the first ones")
    pid = keeper.pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: gone(pid), what="the keeper's end")
    intended = [r["key"] for r in keeper.records() if r["event"] == "intent"]
    until(lambda: len(file.read_text().split()) >= len(intended) - 1, what="the last one")
    ran = file.read_text().split()
    assert ran == keys[: len(ran)]  # each once, and none without its intent
    assert len(intended) - 1 <= len(ran) <= len(intended)
    ends = [r for r in keeper.records() if r["event"] == "exited"]
    assert len(ends) >= len(intended) - 1
    assert all(r["logs"]["stdout"] == f"{r['key']}\n" for r in ends)
