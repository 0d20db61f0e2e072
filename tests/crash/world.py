"""The processes of one data directory, found from outside: by files and the process table."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from jobs_ext.runner.keeper import processes
from jobs_ext.runner.keeper.processes import Process


class World:
    """Who is server, runner, keeper and job in the home of a `LiveServer`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data" / "jobs_ext"

    def find(self, kind: str) -> Process | None:
        """Return the living server, runner or keeper."""
        match kind:
            case "server":
                files = (self.home / "run").glob("jpserver-*.json")
                pids = [int(file.stem.removeprefix("jpserver-")) for file in files]
                return next(filter(None, (_alive(pid, "jupyter_server") for pid in pids)), None)
            case "runner":
                return _alive(_pid_in(self.data / "runner.lock"), str(self.data))
            case _:
                return _alive(_pid_in(self.data / "keeper.json"), str(self.data))

    def runners(self) -> list[Process]:
        """Return all runners, those included that will find the lock taken."""
        words = (b"jobs_ext.runner", os.fsencode(self.data))
        return [p for p in processes.table().values() if not p.zombie and _says(p.pid, words)]

    def orphans(self) -> list[Process]:
        """Return, when all jobs have ended, what is left of them and of their warm parents."""
        keeper = self.find("keeper")
        kept = {0 if keeper is None else keeper.pid}
        living = [p for p in processes.table().values() if not p.zombie]
        return [
            p for p in living if self._is_attempt(p) or (self._is_warm(p) and p.parent not in kept)
        ]

    def zombies(self) -> list[Process]:
        """Return those that server, runner, keeper and the keeper's children have not taken."""
        everything = processes.table()
        parents = {p.pid for p in map(self.find, ("server", "runner", "keeper")) if p}
        parents |= {p.pid for p in everything.values() if self._is_warm(p)}
        return [p for p in everything.values() if p.zombie and p.parent in parents]

    def _is_attempt(self, process: Process) -> bool:
        """Whether it carries an attempt of this data directory, or has one's files open."""
        return _carries(process.pid, f"JOBS_OUTPUT_DIR={self.data}") or any(
            link.startswith(f"{self.data}/jobs/") for link in _open_files(process.pid)
        )

    def _is_warm(self, process: Process) -> bool:
        here = _carries(process.pid, f"HOME={self.home}")
        return here and _says(process.pid, (b"payloads/warm.py",))


def _alive(pid: int, word: str) -> Process | None:
    found = processes.find(pid) if pid else None
    if found is None or found.zombie:
        return None
    return found if _says(pid, (os.fsencode(word),)) else None


def _says(pid: int, words: tuple[bytes, ...]) -> bool:
    """Tell whether all of `words` stand in a command line."""
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return all(word in said for word in words)


def _pid_in(file: Path) -> int:
    """Return the pid that a file of JSON names, 0 while it names none."""
    try:
        return int(json.loads(file.read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return 0


def _carries(pid: int, start: str) -> bool:
    """Tell whether an entry of its environment starts like this."""
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(entry.startswith(os.fsencode(start)) for entry in entries)


def _open_files(pid: int) -> Iterator[str]:
    with contextlib.suppress(OSError):  # it is gone, or not ours
        for link in Path(f"/proc/{pid}/fd").iterdir():
            yield str(link.readlink())
