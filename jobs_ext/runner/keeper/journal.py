"""The journal: what happened to every attempt, as JSON lines that are only ever appended.

Records, in the order they come for one attempt (`key` is ``<job id>/<number>``)::

    intent   key                                  about to be spawned
    ahead    key                                  instead: made ready to begin with another's end,
                                                  which a byte in its `alive` file says at once
    failed   key, error, errno (None: no OSError) it could not be spawned: the end
    started  key, pid, start, monotonic, time, boot, host
             held: true                           when a control group holds it to its memory
    exited   key, code, signal, maxrss, cpu, duration, time, told, leftover,
             full                                 (of a failure) no room was left on its disk
             exceeded                             of one that was held: it used more
             logs: {stdout, stderr}               instead of its folder, when they were all in it
    cleared  key                                  after leftover: true, when the last process went

An intent is written at once, together with what is held: how the one before it in its lane ended,
and that it had begun. So a short attempt costs one write; all else is held for milliseconds.

A write survives ``kill -9`` of the keeper at once; the disk is synced in groups, which only a
crash of the whole machine can tell. A line torn by such a crash is skipped by the reader, and the
writer goes on after it on a fresh line. What the disk does not take, because it is full or can't be
written now, stays in memory, in order, until it does.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]
SYNC_AFTER = 0.2  # seconds that a record may wait for the disk
_AGAIN = 1.0  # seconds until a disk that failed is asked again
_encoder = json.JSONEncoder(separators=(",", ":"))


class Journal:
    """The writing end; there is one, in the keeper, whose threads share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()  # of the file and of what waits for it
        self._fd = _open(path)
        self._unwritten = b""
        self.fault: OSError | None = None  # why the disk last did not take something
        self._write_due = math.inf  # monotonic
        self._sync_due = math.inf  # monotonic
        self.grew = False  # since someone last looked and set it to False
        if _torn(path):
            self._unwritten = b"\n"
            self.write()

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return os.fstat(self._fd).st_size

    @property
    def complete(self) -> bool:
        """Whether every record is in the file, and none only in memory."""
        return not self._unwritten

    def append(self, record: Record) -> bool:
        """Write a record and all that are held; False when the disk took them not yet."""
        line = encode(record)
        with self._lock:
            self._unwritten += line
            return self._write()

    def hold(self, record: Record, seconds: float = 0.0) -> None:
        """Let a record be written together with the next one, after `seconds` at the latest."""
        line, due = encode(record), time.monotonic() + seconds
        with self._lock:
            self._unwritten += line
            self._write_due = min(self._write_due, due)

    def write(self) -> bool:
        """Write what is held; False when the disk took it not yet: `tick` tries again."""
        with self._lock:
            return self._write()

    def _write(self) -> bool:
        self._write_due = math.inf
        if not self._unwritten:
            return True
        try:
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(self._fd, self._unwritten) :]
        except OSError as error:  # a full disk: kept in memory until there is room
            self.fault = error
            self._write_due = time.monotonic() + _AGAIN
            return False
        finally:
            self.grew = True
            self._sync_due = min(self._sync_due, time.monotonic() + SYNC_AFTER)
        return True

    def tick(self) -> float | None:
        """Write and sync when it is time; return seconds until the next call, None if never."""
        if self._write_due <= time.monotonic():
            self.write()
        if self._sync_due <= time.monotonic():
            self.sync()
        due = min(self._write_due, self._sync_due)
        return None if due == math.inf else max(0.0, due - time.monotonic())

    def sync(self) -> bool:
        """Bring everything written to the disk; False when it does not take it now."""
        self._sync_due = math.inf  # what is written from here on may come too late for this one
        try:
            os.fsync(self._fd)
        except OSError as error:
            self.fault = error
            self._sync_due = time.monotonic() + _AGAIN
            return False
        return True

    def rotate(self, offset: int, keep: list[Record]) -> bool:
        """Begin a new file with `keep` and what stands after `offset` in the present one.

        False, and nothing has changed, when the disk has no room for the new one, or when `offset`
        is beyond the end: it was one of the file before this, which was asked for twice.
        """
        with self._lock:
            return offset <= self.size and self._rotate(offset, keep)

    def _rotate(self, offset: int, keep: list[Record]) -> bool:
        fresh = self.path.with_suffix(".new")
        try:
            self._copy_to(fresh, offset, keep)
            descriptor = _open(fresh)
            fresh.rename(self.path)
        except OSError:
            with contextlib.suppress(OSError):  # a disk that can't be written at all
                fresh.unlink(missing_ok=True)
            return False
        os.close(self._fd)
        self._fd = descriptor
        return True

    def _copy_to(self, fresh: Path, offset: int, keep: list[Record]) -> None:
        with fresh.open("wb") as file, self.path.open("rb") as old:
            old.seek(offset)
            file.write(b"".join(map(encode, keep)) + old.read())
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        """Write, sync and close."""
        self.write()
        self.sync()
        os.close(self._fd)


class JournalReader:
    """The reading end: hands out each complete record once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0  # of the first byte not handed out
        self._inode = 0

    def read(self) -> Iterator[Record]:
        """Return the records that were appended since the last call, from 0 in a new file."""
        try:
            with self.path.open("rb") as file:
                inode = os.fstat(file.fileno()).st_ino
                self.offset = self.offset if inode == self._inode else 0
                self._inode = inode
                file.seek(self.offset)
                data = file.read()
        except FileNotFoundError:
            return iter(())
        whole = data[: data.rfind(b"\n") + 1]
        self.offset += len(whole)
        return decode(whole)


def encode(record: Record) -> bytes:
    """Return a record as one line."""
    return _encoder.encode(record).encode() + b"\n"


def decode(data: bytes) -> Iterator[Record]:
    """Return the records in complete lines; a torn line is left out."""
    lines = data.split(b"\n")
    try:  # all in one go takes half of the time
        found = json.loads(b"[%s]" % b",".join(filter(None, lines)))
    except ValueError:
        found = filter(None, map(_decoded, lines))
    return (record for record in found if isinstance(record, dict))


def begun(records: Iterable[Record]) -> set[str]:
    """Return the keys of attempts that were begun, or are just being."""
    return {record["key"] for record in records if record["event"] in ("intent", "started")}


def _decoded(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _torn(path: Path) -> bool:
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
