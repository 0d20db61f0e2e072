"""The processes of one data directory, found from outside: by files and the process table."""

from __future__ import annotations

import json
import os
import signal
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

    def attempts(self) -> list[Process]:
        """Return every process that carries an attempt of this data directory."""
        mark = f"JOBS_OUTPUT_DIR={self.data}".encode()
        return [p for p in processes.table().values() if not p.zombie and _starts(p.pid, mark)]

    def zombies(self) -> list[Process]:
        """Return the zombies that server, runner and keeper have not taken."""
        parents = {p.pid for p in map(self.find, ("server", "runner", "keeper")) if p}
        return [p for p in processes.table().values() if p.zombie and p.parent in parents]


def kill(process: Process, number: int = signal.SIGKILL) -> bool:
    """Send a signal to exactly this process; tell whether it was there."""
    return processes.send(process, number)


def _alive(pid: int, word: str) -> Process | None:
    found = processes.find(pid) if pid else None
    if found is None or found.zombie:
        return None
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    return found if os.fsencode(word) in said else None


def _pid_in(file: Path) -> int:
    """Return the pid that a file of JSON names, 0 while it names none."""
    try:
        return int(json.loads(file.read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return 0


def _starts(pid: int, mark: bytes) -> bool:
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(entry.startswith(mark) for entry in entries)
