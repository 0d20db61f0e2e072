"""The outside killer: ``kill -9`` of server, runner, keeper, jobs and pairs of them.

A process of its own: ``python -m tests.crash.killer HOME ROUNDS SEED``. Every kind and every
ordered pair of kinds comes equally often, in an order and after pauses that the seed decides. A
pair of one kind means the successor, killed while it recovers. What it did is in ``HOME/kills``.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from jobs_ext.runner.keeper import processes
from jobs_ext.runner.keeper.processes import Process
from tests.crash import ledger, world
from tests.waiting import until

KINDS = ("server", "runner", "keeper", "job")
COMBINATIONS = [(kind,) for kind in KINDS] + list(itertools.product(KINDS, repeat=2))
LEAST = 4  # jobs that must run at the first kill of a round, else it is void
_PAUSE = (0.2, 2.0)  # seconds before a round, from when everybody is there and jobs run
_GAP = (0.0, 0.4)  # seconds between the two kills of a pair


@dataclass
class Kill:
    """One kill, as it is written down."""

    round: int
    combination: str  # e.g. "runner+keeper"
    victim: str
    pid: int
    at: float  # monotonic seconds, just before the signal was sent
    running: int  # jobs that ran
    job: str = ""  # of a job: its id and attempt
    attempt: int = 0
    void: bool = False  # nothing was killed: too few jobs ran


class Killer:
    """Goes through rounds."""

    def __init__(self, home: Path, seed: int) -> None:
        self._home = home
        self._world = world.World(home)
        self._random = random.Random(seed)
        self._last: dict[str, Process] = {}

    def rounds(self, number: int) -> None:
        """Do so many rounds that are not void."""
        for index, combination in zip(range(1, number + 1), self._order(), strict=False):
            while not self._round(index, combination):
                pass

    def _order(self) -> Iterator[tuple[str, ...]]:
        while True:
            yield from self._random.sample(COMBINATIONS, len(COMBINATIONS))

    def _round(self, index: int, combination: tuple[str, ...]) -> bool:
        """Kill once or twice; False for a void round: too few jobs ran."""
        for kind in ("server", "runner", "keeper"):
            until(lambda k=kind: self._world.find(k), 120, f"a {kind}")
        until(lambda: len(self._running()) >= LEAST, 120, "jobs that run")
        time.sleep(self._random.uniform(*_PAUSE))
        name = "+".join(combination)
        gap = self._random.uniform(*_GAP) * self._random.choice((0, 1, 1))
        if len(self._running()) < LEAST:
            note(
                self._home,
                Kill(index, name, "", 0, time.monotonic(), len(self._running()), void=True),
            )
            return False
        for place, kind in enumerate(combination):
            if place:
                time.sleep(gap)
            least = 0 if place else LEAST
            until(lambda k=kind, n=least: self._kill(index, name, k, n), 120, f"a {kind} to kill")
        return True

    def _kill(self, index: int, name: str, kind: str, least: int) -> bool:
        running = self._running()
        if len(running) < least:
            return False
        if kind == "job":
            return self._kill_job(index, name, running)
        victim = self._world.find(kind)
        if victim is None or victim == self._last.get(kind):
            return False
        self._last[kind] = victim
        return self._strike(
            Kill(index, name, kind, victim.pid, time.monotonic(), len(running)), victim
        )

    def _kill_job(self, index: int, name: str, running: list[ledger.Run]) -> bool:
        if not running:
            return False
        run = self._random.choice(running)
        victim = processes.find(run.pid)
        if victim is None or not processes.carries(run.pid, _marks(run)):
            return False
        kill = Kill(index, name, "job", run.pid, time.monotonic(), len(running), run.job)
        kill.attempt = run.attempt
        return self._strike(kill, victim)

    def _strike(self, kill: Kill, victim: Process) -> bool:
        note(self._home, kill)
        return processes.send(victim, signal.SIGKILL)

    def _running(self) -> list[ledger.Run]:
        """Return the runs that have not ended, by the ledger and by the process table."""
        open_ = [run for run in ledger.read(self._home) if run.end is None]
        return [run for run in open_ if processes.carries(run.pid, _marks(run))]


def _marks(run: ledger.Run) -> tuple[bytes, bytes]:
    return processes.marks_of(f"{run.job}/{run.attempt}")


def note(home: Path, kill: Kill) -> None:
    """Write down a kill."""
    with (home / "kills").open("a") as file:
        file.write(json.dumps(asdict(kill)) + "\n")


def read(home: Path) -> list[Kill]:
    """Return what a killer wrote down."""
    with contextlib.suppress(FileNotFoundError):
        return [Kill(**json.loads(line)) for line in (home / "kills").read_text().splitlines()]
    return []


if __name__ == "__main__":
    Killer(Path(sys.argv[1]), int(sys.argv[3])).rounds(int(sys.argv[2]))
