"""Ending what is left of an attempt that nobody watches any more, by proven identity."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from pathlib import Path

from ..keeper import processes
from ..launch import locked
from . import Begun

_PATIENCE = 10.0  # seconds for SIGKILL to take effect


def end_survivors(key: str, alive: Path, begun: Begun | None) -> bool:
    """Kill every process of an attempt; False when some would not go.

    A process counts when it is the recorded one (pid, start time and boot id), descends from it,
    carries the attempt in its environment, or holds its `alive` file.
    """
    deadline = time.monotonic() + _PATIENCE
    while left := _survivors(key, alive, begun):
        if time.monotonic() > deadline:
            return False
        for entry in left:
            processes.send(entry, signal.SIGKILL)
        time.sleep(0.02)
    return True


def _survivors(key: str, alive: Path, begun: Begun | None) -> list[processes.Process]:
    everything = processes.table()
    marks = processes.marks_of(key)
    roots = {pid for pid in everything if processes.carries(pid, marks)}
    if _is_locked(alive):
        file = os.path.realpath(alive)
        roots |= {pid for pid in everything if processes.holds(pid, file)}
    if begun is not None and _is_recorded(everything.get(begun.pid), begun):
        roots.add(begun.pid)
    found = processes.subtree(roots, everything) - {os.getpid()}
    return [everything[pid] for pid in found if not everything[pid].zombie]


def _is_locked(alive: Path) -> bool:
    try:
        with alive.open("rb") as file:
            return not locked(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _is_recorded(entry: processes.Process | None, begun: Begun) -> bool:
    same_boot = begun.boot_id == processes.boot_id()
    return entry is not None and same_boot and entry.start == begun.process_start
