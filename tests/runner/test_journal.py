"""The journal's two ends."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from jobs_ext.runner.keeper.journal import Journal, JournalReader


def test_each_record_is_read_once_and_torn_lines_are_not(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    reader = JournalReader(path)
    assert list(reader.read()) == []
    path.write_bytes(b'{"n":1}\n{"n":2')
    assert list(reader.read()) == [{"n": 1}]
    journal = Journal(path)  # finds the torn line and goes on after it
    journal.append({"n": 3})
    assert list(reader.read()) == [{"n": 3}]
    journal.close()


def test_a_rotation_is_followed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    reader = JournalReader(journal.path)
    journal.append({"n": 1})
    list(reader.read())
    journal.append({"n": 2})
    journal.rotate(reader.offset, [{"n": 0}])
    journal.append({"n": 3})
    assert list(reader.read()) == [{"n": 0}, {"n": 2}, {"n": 3}]
    journal.close()


def test_a_rotation_that_is_asked_for_twice_is_done_once(tmp_path: Path) -> None:
    """The second was asked for before the first was done: its offset is one of the old file."""
    journal = Journal(tmp_path / "journal")
    reader = JournalReader(journal.path)
    for n in range(100):
        journal.append({"n": n})
    list(reader.read())
    journal.append({"n": "not read yet"})
    assert journal.rotate(reader.offset, [])
    assert not journal.rotate(reader.offset, [])
    journal.append({"n": "later"})
    assert list(reader.read()) == [{"n": "not read yet"}, {"n": "later"}]
    journal.close()


def test_what_is_held_comes_with_the_next_record_or_in_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    reader = JournalReader(journal.path)
    journal.hold({"n": 1}, seconds=60)
    journal.tick()
    assert list(reader.read()) == []
    journal.append({"n": 2})
    assert list(reader.read()) == [{"n": 1}, {"n": 2}]
    journal.hold({"n": 3}, seconds=60)
    journal.hold({"n": 4})
    journal.tick()
    assert list(reader.read()) == [{"n": 3}, {"n": 4}]
    journal.close()


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk takes half a record, then nothing, then all."""
    journal = Journal(tmp_path / "journal")
    write = os.write
    room = [4]

    def scarce(fd: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = write(fd, data[: room[0]])
        room[0] -= taken
        return taken

    monkeypatch.setattr(os, "write", scarce)
    assert not journal.append({"n": 1})
    assert not journal.append({"n": 2})
    assert 0 < journal.tick() <= 1.0
    room[0] = 1000
    assert journal.write()
    assert journal.fault is not None, "an attempt that was not begun for it may be told of later"
    monkeypatch.undo()
    assert list(JournalReader(journal.path).read()) == [{"n": 1}, {"n": 2}]
    journal.close()
