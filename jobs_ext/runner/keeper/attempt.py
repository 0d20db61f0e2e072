"""One attempt on its way through the keeper, and what the journal says of it."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

from . import processes
from .cgroups import Group
from .journal import Record
from .lanes import Order

_NO_ROOM = 1 << 16  # bytes: with less than this left on a disk, a write has failed
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Moment(NamedTuple):
    """When something was: to measure from, and to tell."""

    monotonic: float  # seconds
    time: float  # seconds since the epoch


def present() -> Moment:
    """Return this moment."""
    return Moment(time.monotonic(), time.time())


class Exit(NamedTuple):
    """How a process ended."""

    pid: int
    status: int  # as of waitpid
    maxrss: int  # bytes
    cpu: float  # seconds


def waited_for(pid: int, options: int = 0) -> Exit:
    """Wait for a child, see ``waitpid`` for both; its pid is 0 when none has ended.

    Raises `ChildProcessError` when there is no such child.
    """
    found, status, usage = os.wait4(pid, options)
    cpu = usage.ru_utime + usage.ru_stime
    return Exit(found, status, usage.ru_maxrss * _MAXRSS_UNIT, cpu)


@dataclass
class Attempt:
    """One spawned attempt, until its last process is gone."""

    key: str
    lane: str
    pid: int  # of its main process
    start: float  # of that: with its pid, who it is
    alive: str  # a file it holds open as long as any of it lives
    folder: str | None  # its own, when it was made here
    records: list[Record]  # its part of the journal, for a rotation
    monotonic: float
    group: Group | None = None  # what holds it to its memory
    told: dict[str, Any] | None = None  # why it was told to stop: code and sentence
    exited: bool = False  # its main process has; the rest is being ended
    kill_at: float | None = None  # monotonic time of the next SIGKILL

    def owns(self, entry: processes.Process) -> bool:
        """Tell whether a process whose parents have ended may be one that it started."""
        within = self.pid in (entry.session, entry.group)
        return within or started_by(entry.pid, self.key, self.alive)

    def exit_record(self, how: Exit, at: Moment, *, leftover: bool) -> Record:
        """Return the journal's record of the end of its main process."""
        code = os.waitstatus_to_exitcode(how.status)
        record: Record = {
            "event": "exited",
            "key": self.key,
            "code": code if code >= 0 else None,
            "signal": -code if code < 0 else None,
            "maxrss": how.maxrss,
            "cpu": how.cpu,
            "duration": at.monotonic - self.monotonic,
            "time": at.time,
            "told": self.told,
            "leftover": leftover,
        }
        if code:
            record["full"] = _is_full(self.alive)
        if self.group is not None:
            record["maxrss"] = max(how.maxrss, self.group.peak)
            record["exceeded"] = self.group.exceeded
        return record


def started_by(pid: int, key: str, alive: str) -> bool:
    """Tell whether a process says that an attempt started it: by its marks or its `alive` file."""
    marked = processes.carries(pid, processes.marks_of(key))
    return marked or processes.holds(pid, os.path.realpath(alive))


Stop = tuple[float, dict[str, Any]]  # seconds of grace, and why: code and sentence


@dataclass
class Unborn:
    """An attempt that is being started, until its process is there."""

    one: Order
    intent: Record
    alive: int | None = None  # of a warm parent's: its `alive` file, to free should it not be born
    ticket: int | None = None  # of one that begins behind another, see `ahead`
    stop: Stop | None = None  # it is to be stopped

    def close(self) -> None:
        """Let go of its files: it is born, or will not be."""
        for file in (self.alive, self.ticket):
            if file is not None:
                os.close(file)
        self.alive = self.ticket = None

    def unlock(self) -> None:
        """Let go of its files when nothing of it runs, though who was to begin it holds them."""
        if self.alive is not None:
            fcntl.flock(self.alive, fcntl.LOCK_UN)
        self.close()


def _is_full(file: str) -> bool:
    """Tell whether no room is left on the disk of a file: its end may be told much later."""
    try:
        disk = os.statvfs(file)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _NO_ROOM
