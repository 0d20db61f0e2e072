"""Who a process is and what belongs to it: from ``/proc``, or from ``ps`` where there is none.

A process is its pid, start time and boot id together. A pid alone is never signalled.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_HAS_PROC = (_PROC / "self" / "stat").exists()
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")  # ns
_TRIES = 10  # to make a child within one tick
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of <linux/prctl.h>


class Process(NamedTuple):
    """One line of the process table."""

    pid: int
    parent: int
    group: int
    session: int
    start: float  # clock ticks since boot (seconds since the epoch where there is no /proc)
    rss: int  # bytes
    zombie: bool


@functools.cache
def boot_id() -> str:
    """Return what tells this boot of the machine from every other."""
    if _HAS_PROC:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    said = subprocess.run(["sysctl", "-n", "kern.boottime"], capture_output=True, check=False)
    return said.stdout.decode(errors="replace").strip()


def become_subreaper() -> bool:
    """Make orphaned descendants of this process its children; False where that can't be done."""
    if sys.platform != "linux":
        return False
    import ctypes

    return bool(ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0) == 0)


def find(pid: int) -> Process | None:
    """Return the process `pid`, None when there is none."""
    return _from_proc(pid) if _HAS_PROC else _from_ps(["-p", str(pid)]).get(pid)


def start_of_one_made_now() -> float | None:
    """Return the `start` of a process that would be made now, None when that can't be told.

    When this is the same before and after a process is made, it is that one's: the kernel counts
    whole ticks of the same clock. A look at the process would wait until it has been loaded.
    """
    return _ticks_since_boot() if _starts_are_ticks() else None


def _ticks_since_boot() -> float:
    return float(time.clock_gettime_ns(time.CLOCK_BOOTTIME) // _TICK)


@functools.cache
def _starts_are_ticks() -> bool:
    """Tell whether starts are told by that clock here: of a child that is made to see it."""
    if sys.platform != "linux" or not _HAS_PROC:
        return False
    for _ in range(_TRIES):
        before = _ticks_since_boot()
        child = os.fork()
        if child == 0:
            os._exit(0)
        after = _ticks_since_boot()
        entry = find(child)
        os.waitpid(child, 0)
        if before == after:
            return entry is not None and entry.start == before
    return False


def table() -> dict[int, Process]:
    """Return all processes that can be seen, by pid."""
    if not _HAS_PROC:
        return _from_ps(["-ax"])
    entries = (_from_proc(int(name)) for name in os.listdir(_PROC) if name.isdigit())  # noqa: PTH208 - hot
    return {entry.pid: entry for entry in entries if entry is not None}


def _from_proc(pid: int) -> Process | None:
    try:
        data = _read(f"/proc/{pid}/stat")
    except (FileNotFoundError, ProcessLookupError):
        return None
    field = data[data.rindex(b")") + 2 :].split()  # the name before it may hold anything
    return Process(
        pid,
        parent=int(field[1]),
        group=int(field[2]),
        session=int(field[3]),
        start=float(field[19]),
        rss=int(field[21]) * _PAGE,
        zombie=field[0] in (b"Z", b"X"),
    )


def _read(path: str) -> bytes:
    """Return what a small file in /proc says; costs half of what a file object does."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = b""
        while more := os.read(file, 1 << 16):
            data += more
        return data
    finally:
        os.close(file)


def _from_ps(which: list[str]) -> dict[int, Process]:
    said = subprocess.run(
        ["ps", *which, "-o", "pid=,ppid=,pgid=,rss=,state=,lstart="],
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    found = {}
    for line in said.stdout.decode(errors="replace").splitlines():
        pid, parent, group, rss, state, *when = line.split()
        start = time.mktime(time.strptime(" ".join(when), "%a %b %d %H:%M:%S %Y"))
        found[int(pid)] = Process(
            int(pid), int(parent), int(group), int(group), start, int(rss) * 1024, state[0] == "Z"
        )
    return found


class Children:
    """The children of this process, looked at again and again."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._file: int | None = None
        with contextlib.suppress(FileNotFoundError):  # see `children`
            path = f"/proc/{self._pid}/task/{self._pid}/children"
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def pids(self) -> set[int]:
        """Return their pids, zombies included."""
        if self._file is None:
            return children(self._pid)
        data = os.pread(self._file, _PAGE, 0)
        while len(data) * 2 > _PAGE:  # the kernel fills a page at a time: there may be more
            more = os.pread(self._file, _PAGE, len(data))
            if not more:
                break
            data += more
        return {int(word) for word in data.split()}


def lists_children() -> bool:
    """Tell whether `Children` are those of the first thread alone, and so the orphans."""
    return Path(f"/proc/self/task/{os.getpid()}/children").exists()


def children(pid: int, thread: int | None = None) -> set[int]:
    """Return the pids of the children of the process `pid`, zombies included.

    Those of its first thread, or of `thread`, where the system tells them apart.
    """
    try:
        return {int(word) for word in _read(f"/proc/{pid}/task/{thread or pid}/children").split()}
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN, or no /proc
        return {entry.pid for entry in table().values() if entry.parent == pid}


def group_exists(group: int) -> bool:
    """Tell whether any process of this user is in a process group."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def subtree(roots: Iterable[int], everything: dict[int, Process]) -> set[int]:
    """Return `roots` and all their descendants."""
    below: dict[int, list[int]] = {}
    for entry in everything.values():
        below.setdefault(entry.parent, []).append(entry.pid)
    found: set[int] = set()
    queue = list(roots)
    while queue:
        pid = queue.pop()
        if pid in everything and pid not in found:
            found.add(pid)
            queue += below.get(pid, [])
    return found


def carries(pid: int, marks: Iterable[bytes]) -> bool:
    """Tell whether all of `marks` (``NAME=value``) stood in the environment of `pid`."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123 - hot
            lines = file.read().split(b"\0")
    except OSError:  # gone, or someone else's
        return False
    return all(mark in lines for mark in marks)


def holds(pid: int, path: str) -> bool:
    """Tell whether process `pid` has the file `path` (links resolved) open."""
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):  # gone, someone else's, or no /proc
        for name in os.listdir(folder):  # noqa: PTH208 - hot
            with contextlib.suppress(FileNotFoundError):
                if os.readlink(f"{folder}/{name}") == path:  # noqa: PTH115 - hot
                    return True
    return False


def marks_of(key: str) -> tuple[bytes, bytes]:
    """Return the marks in the environment of the attempt `key`, ``<job id>/<number>``."""
    job, _, number = key.rpartition("/")
    return f"JOBS_ID={job}".encode(), f"JOBS_ATTEMPT={number}".encode()


def send(process: Process, number: int) -> bool:
    """Send a signal to exactly that process; False when it is gone or another has its pid."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "pidfd_open"):
            return _send_by_handle(process, number)
        if _same(process):
            os.kill(process.pid, number)
            return True
    return False


def _send_by_handle(process: Process, number: int) -> bool:
    handle = os.pidfd_open(process.pid)
    try:
        if not _same(process):  # the handle is held: from here on the pid can't change hands
            return False
        signal.pidfd_send_signal(handle, number)
    finally:
        os.close(handle)
    return True


def _same(process: Process) -> bool:
    now = find(process.pid)
    return now is not None and now.start == process.start and not now.zombie
