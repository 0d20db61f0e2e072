"""The outside stopper: runner and keeper are stuck, not dead, and their sockets vanish.

``python -m tests.crash.stopper HOME ROUNDS SEED``, as the `killer`. Each round stops the runner or
the keeper (SIGSTOP) for a while, removes socket files at random, lets them go on (SIGCONT), and
sometimes kills the runner while the keeper is stuck, so that the next one has to wait for it.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from pathlib import Path

from jobs_ext.runner.keeper import processes
from tests.crash.killer import Kill, note
from tests.crash.world import World
from tests.waiting import until

_LONG = 22.0  # seconds: longer than a runner waits for an answer of the keeper
_SHORT = (0.05, 3.0)


class Stopper:
    """Goes through rounds."""

    def __init__(self, home: Path, seed: int) -> None:
        self._home = home
        self._world = World(home)
        self._random = random.Random(seed)

    def rounds(self, number: int) -> None:
        """Do so many rounds; every tenth is a long one."""
        for index in range(1, number + 1):
            for kind in ("server", "runner", "keeper"):
                until(lambda k=kind: self._world.find(k), 120, f"a {kind}")
            time.sleep(self._random.uniform(0.1, 1))
            self._round(index, _LONG if index % 10 == 0 else self._random.uniform(*_SHORT))

    def _round(self, index: int, seconds: float) -> None:
        kind = self._random.choice(("runner", "keeper"))
        stuck = self._world.find(kind)
        if stuck is None or not processes.send(stuck, signal.SIGSTOP):
            return
        try:
            if self._random.random() < 0.3:
                self._remove_sockets()
            if kind == "keeper" and self._random.random() < 0.3:
                self._kill_runner(index)
            time.sleep(seconds)
        finally:
            processes.send(stuck, signal.SIGCONT)

    def _remove_sockets(self) -> None:
        for socket in (self._home / "run").glob("jobs_ext-*/*.sock"):
            socket.unlink(missing_ok=True)

    def _kill_runner(self, index: int) -> None:
        victim = self._world.find("runner")
        if victim is not None:
            note(self._home, Kill(index, "stuck keeper", "runner", victim.pid, time.monotonic(), 0))
            processes.send(victim, signal.SIGKILL)


if __name__ == "__main__":
    Stopper(Path(sys.argv[1]), int(sys.argv[3])).rounds(int(sys.argv[2]))
