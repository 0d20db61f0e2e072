"""Control groups (version 2) that hold attempts to their memory, where this user may make them.

They are made below the nearest group above the keeper's own that hands memory on to its children
and that the user may write. Where there is none, the runner samples (see `runner.memory`).
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from . import processes

_PREFIX = "jobs_ext-"
_MOUNT = re.compile(r"^\S+ \S+ \S+ (?P<root>\S+) (?P<point>\S+) .* - cgroup2 ", re.MULTILINE)


class Group:
    """The control group of one attempt."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def enter(self, pid: int) -> None:
        """Move a process in, and what it has started before it was."""
        entered: set[int] = set()
        waiting = {pid}
        while waiting:
            for one in waiting:
                with contextlib.suppress(ProcessLookupError):  # it has ended since
                    _write(self._path / "cgroup.procs", str(one))
            entered |= waiting
            waiting = {c for one in waiting for c in processes.children(one)} - entered

    def limit(self, memory: int) -> None:
        """Let all in it together have `memory` bytes, none of them swapped out; one for all."""
        _write(self._path / "memory.max", str(memory))
        _write(self._path / "memory.oom.group", "1")
        with contextlib.suppress(OSError):  # a kernel without swap
            _write(self._path / "memory.swap.max", "0")

    @property
    def exceeded(self) -> bool:
        """Whether the kernel killed for the limit."""
        events = dict(line.split() for line in _read(self._path / "memory.events").splitlines())
        return int(events.get("oom_kill", 0)) > 0

    @property
    def peak(self) -> int:
        """The most bytes it has held at once; 0 where the kernel does not tell."""
        return int(_read(self._path / "memory.peak") or 0)

    def remove(self) -> None:
        """Remove the group, unless something is left in it: see `Groups`."""
        with contextlib.suppress(OSError):
            self._path.rmdir()


class Groups:
    """Makes groups of attempts below `home`, and removes those that others left empty."""

    def __init__(self, home: Path | None) -> None:
        self._home = home

    @property
    def there(self) -> bool:
        """Whether they can be made here."""
        return self._home is not None

    def hold(self, key: str, memory: int | None, pid: int) -> Group | None:
        """Hold an attempt that has just begun to `memory` bytes; None where that can't be done."""
        if self._home is None or memory is None:
            return None
        self._sweep(self._home)
        path = self._home / (_PREFIX + key.replace("/", "-"))
        group = Group(path)
        try:
            path.mkdir()
            group.limit(memory)
            group.enter(pid)
        except OSError:
            group.remove()
            return None
        return group

    def _sweep(self, home: Path) -> None:
        for left in home.glob(_PREFIX + "*"):  # of a keeper that was killed
            Group(left).remove()


def find_home() -> Path | None:
    """Return the group below which those of attempts can be made."""
    return next((folder for folder in _above() if _is_ours(folder)), None)


def _above() -> Iterator[Path]:
    """Yield this process's own group and those above it, as far as they can be seen."""
    mount = _MOUNT.search(_read(Path("/proc/self/mountinfo")))
    own = re.search(r"^0::(.*)$", _read(Path("/proc/self/cgroup")), re.MULTILINE)
    if mount is None or own is None:
        return
    top = Path(mount["point"])
    below = own[1].removeprefix(mount["root"]).strip("/")
    folder = top / below
    while folder.is_relative_to(top):
        yield folder
        folder = folder.parent


def _is_ours(folder: Path) -> bool:
    hands_on = "memory" in _read(folder / "cgroup.subtree_control").split()
    return hands_on and all(os.access(p, os.W_OK) for p in (folder, folder / "cgroup.procs"))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)  # never made: the kernel has it or not
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
