"""Real keepers for the drills, and what they wrote."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobs_ext.runner.executors import Launch
from jobs_ext.runner.keeper import processes
from jobs_ext.runner.keeper.client import KeeperClient
from jobs_ext.runner.keeper.journal import Record, decode
from tests.waiting import until


class Bench:
    """A data directory with a keeper."""

    def __init__(self, root: Path, sockets: Path) -> None:
        self.root = root
        self.socket = sockets / "k.sock"
        self.client = self.connect()

    def connect(self) -> KeeperClient:
        self.client = KeeperClient.connect(self.root, self.socket, self.root / "keeper.log")
        return self.client

    @property
    def pid(self) -> int:
        import json

        return int(json.loads((self.root / "keeper.json").read_text())["pid"])

    def order(self, key: str, argv: list[str], **environment: str) -> Launch:
        folder = self.root / key
        folder.mkdir(parents=True, exist_ok=True)
        job, number = key.split("/")
        return Launch(
            key=key,
            lane=key,
            argv=argv,
            cwd=str(folder),
            stdout=str(folder / "stdout"),
            stderr=str(folder / "stderr"),
            alive=str(folder / "alive"),
            environment={"JOBS_ID": job, "JOBS_ATTEMPT": number} | environment,
            shared={"PATH": os.environ["PATH"]},
        )

    def shell(self, key: str, script: str) -> Launch:
        return self.order(key, ["sh", "-c", script])

    def records(self, key: str | None = None) -> list[Record]:
        data = (self.root / "journal").read_bytes() if (self.root / "journal").exists() else b""
        return [r for r in decode(data) if key is None or r["key"] == key]

    def find(self, key: str, event: str) -> Any:
        return next((r for r in self.records(key) if r["event"] == event), None)

    def wait(self, key: str, event: str) -> Record:
        found: Record = until(lambda: self.find(key, event), what=f"{event} of {key}")
        return found

    def printed(self, key: str) -> str:
        """Return the first line an attempt printed, once it is there."""
        file = self.root / key / "stdout"
        until(lambda: file.exists() and "\n" in file.read_text(), what=f"a line of {key}")
        return file.read_text().splitlines()[0]

    def kill_keeper(self) -> None:
        """Kill the keeper; return when all its threads are gone, and its files are closed."""
        pid = self.pid
        os.kill(pid, signal.SIGKILL)
        until(lambda: gone(pid) and len(_threads(pid)) < 2, what="the end of the keeper")

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            keeper = processes.find(self.pid)
            if keeper is not None and keeper.zombie is False:
                os.kill(keeper.pid, signal.SIGSTOP)  # it starts no more
                for pid in processes.subtree([keeper.pid], processes.table()):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
        self.client.close()
        if self.client._child is not None:
            self.client._child.wait()


@contextlib.contextmanager
def bench(tmp_path: Path, sockets: Path, kind: type[Bench] = Bench) -> Iterator[Bench]:
    """A keeper that is gone afterwards, with all its processes."""
    made = kind(tmp_path, sockets)
    try:
        yield made
    finally:
        made.close()


def gone(pid: int) -> bool:
    """Whether no such process runs any more; a zombie is gone too."""
    entry = processes.find(pid)
    return entry is None or entry.zombie


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
