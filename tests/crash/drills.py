"""The whole drill: a server, a load, the killer, and the judge in the end.

``python -m tests.crash.drills --rounds 200`` prints what was killed and every complaint; the exit
code is 1 when there is one. ``--seed`` repeats the order, the pauses and the load of a drill;
``--outside stopper`` has runner and keeper stuck instead of killed, and removes their sockets.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from jobs_ext.model.job import Event
from jobs_ext.service import Service
from tests.client.live import LiveServer
from tests.crash import killer, ledger
from tests.crash.judge import Facts, judge
from tests.crash.load import Load, write_tool
from tests.crash.world import World
from tests.waiting import until

_ROOT = Path(__file__).parents[2]


class DrillServer(LiveServer):
    """A server that is started again as often as it is killed."""

    cores = 8  # the jobs sleep

    def start(self) -> None:
        """Start it, and again when it is killed before it answers."""
        write_tool(self.work)
        while True:
            try:
                super().start()
                return
            except AssertionError:
                if self.process.poll() != -9:
                    raise

    def _answers(self) -> bool:
        assert self.process.poll() is None
        return super()._answers()


@dataclass
class Report:
    """What came out of a drill."""

    seed: int
    rounds: int
    seconds: float
    facts: Facts
    complaints: list[str]

    def __str__(self) -> str:
        kills = [kill for kill in self.facts.kills if not kill.void]
        first = {kill.round: kill.running for kill in reversed(kills)}  # of each round
        jobs = [job for some in self.facts.jobs.values() for job in some]
        rows = [row for job in jobs for row in job["attempts"]]
        void = len(self.facts.kills) - len(kills)
        said = [
            f"seed {self.seed}: {self.rounds} rounds in {self.seconds:.0f} s, {void} void",
            f"kills: {_counted(kill.victim for kill in kills)}",
            f"jobs that ran at the first kill of a round: {_counted(first.values())}",
            f"{len(jobs)} jobs, {len(self.facts.runs)} starts",
            f"attempts: {_counted(row['reason_code'] or row['status'] for row in rows)}",
            f"{len(self.complaints)} complaints",
        ]
        return "\n".join(said + self.complaints[:100])


def drill(rounds: int, seed: int, outside: str = "killer") -> Report:
    """Go through a drill with the `killer` or the `stopper`.

    The server's home is kept when there are complaints.
    """
    began = time.monotonic()
    server = DrillServer()
    try:
        facts, complaints = _under_fire(server, [outside, str(rounds), str(seed)])
    except BaseException:
        server.process.kill()
        raise
    report = Report(seed, rounds, time.monotonic() - began, facts, complaints)
    if not complaints:
        server.stop()
    else:
        print(f"kept: {server.home}", flush=True)
        server.process.terminate()
        server.process.wait()
    return report


def _under_fire(server: DrillServer, told: list[str]) -> tuple[Facts, list[str]]:
    """Let who is outside do its rounds, and the server come back each time; return what happened.

    `told` is who it is, the number of rounds and the seed.
    """
    program, rounds, seed = told
    load = Load(server.home, lambda: server.url + "api/v1", server.token, int(seed))
    command = [sys.executable, "-m", f"tests.crash.{program}", str(server.home), rounds, seed]
    load.start()
    with subprocess.Popen(command, cwd=_ROOT) as outside:
        while outside.poll() is None:
            if server.process.poll() is not None:
                server.start()
            time.sleep(0.02)
    if server.process.poll() is not None:
        server.start()
    load.stop()
    facts = _facts(server, load)
    complaints = [*judge(facts), *load.refused]
    if outside.returncode:
        complaints.append(f"the {program} ended with {outside.returncode}")
    return facts, complaints


def _facts(server: DrillServer, load: Load) -> Facts:
    """Wait for the end of all jobs, and gather what there is to know."""
    with contextlib.suppress(AssertionError):  # what has not ended then, the judge complains of
        until(lambda: not load.unfinished() and len(load.jobs()) >= load.n_jobs, 180)
    world, jobs = World(server.home), load.jobs()
    zombies = {process.pid for process in world.zombies()}
    with contextlib.closing(Service.open(world.data, runtime_dir=server.runtime)) as service:
        events = service.events.since(0, limit=10**9)
    time.sleep(1)  # a zombie is one that stays
    return Facts(
        load.accepted,
        {one.key: [job for job in jobs if one.made(job)] for one in load.accepted},
        _by_job(events),
        ledger.read(server.home),
        killer.read(server.home),
        [str(process) for process in world.orphans()],
        [str(process) for process in world.zombies() if process.pid in zombies],
    )


def _by_job(events: list[Event]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        found.setdefault(event.job or "", []).append(msgspec.to_builtins(event))
    return found


def _counted(things: Any) -> str:
    return ", ".join(f"{n} × {thing}" for thing, n in sorted(Counter(things).items()))


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.drills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="that are not void")
    parser.add_argument("--outside", choices=("killer", "stopper"), default="killer")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    report = drill(options.rounds, options.seed, options.outside)
    print(report)
    return 1 if report.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
