"""Tiny commands: a batch of them beside ``xargs -P2 -n1``, one of them beside ``subprocess.run``.

``python benchmarks/drain.py [number of commands] [runs]``; two slots, everything by HTTP.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measured import compile_ours, in_turns, show

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
from private_server import PrivateServer

PROGRAM = "/bin/echo"
LEAST_RATE = 0.8  # of that of xargs
MOST_MORE = 15.0  # milliseconds that one command may take longer than by subprocess.run
CHECKED = 50  # jobs of each batch, drawn at random
API = "jobs-ext/api/v1/"
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")


class Ours:
    """The same commands as jobs of a server."""

    def __init__(self, server: PrivateServer, n_jobs: int) -> None:
        self.server = server
        self.n_jobs = n_jobs

    def batch(self) -> float:
        """Return the seconds from the submit of a batch until its last job has succeeded."""
        os.sync()
        request = {
            "target": {"command": [PROGRAM, "{k}"]},
            "arguments": [{"k": k} for k in range(self.n_jobs)],
            "options": {"name": "drain"},
            "context": {"cwd": "/"},
        }
        start = time.perf_counter()
        batch = self.server.post(API + "batches", request)["id"]
        while not self.is_done(batch):
            time.sleep(0.05)
        taken = time.perf_counter() - start
        self.check(batch)
        return taken

    def is_done(self, batch: str) -> bool:
        """Tell whether all jobs of a batch have succeeded."""
        counts = self.server.get(f"{API}batches/{batch}")["counts"]
        assert not counts["FAILED"], counts
        return bool(counts["SUCCEEDED"] == self.n_jobs)

    def check(self, batch: str) -> None:
        """Look closely at some of the jobs: exit code, times, log."""
        for index in random.sample(range(self.n_jobs), min(CHECKED, self.n_jobs)):
            page = f"{API}jobs?batch={batch}&name=drain%5B{index}%5D"
            (job,) = self.server.get(page)["items"]
            (attempt,) = job["attempts"]
            assert (job["status"], attempt["exit_code"]) == ("SUCCEEDED", 0), job
            assert job["created"] <= job["started"] <= job["stopped"], job
            log = self.server.get(f"{API}jobs/{job['id']}/logs")
            assert log["text"] == f"{index}\n", log

    def one(self) -> float:
        """Return the seconds from the submit of one command until its status is final."""
        request = {"target": {"command": [PROGRAM, "x"]}, "context": {"cwd": "/"}}
        start = time.perf_counter()
        job: Any = self.server.post(API + "jobs", request)
        while job["status"] not in FINAL:
            job = self.server.get(f"{API}jobs/{job['id']}")
        return time.perf_counter() - start


def xargs(n_jobs: int) -> float:
    """Return the seconds that xargs takes for as many."""
    numbers = "".join(f"{k}\n" for k in range(n_jobs)).encode()
    return _run(["xargs", "-P2", "-n1", PROGRAM], numbers)


def _run(command: list[str], given: bytes = b"") -> float:
    start = time.perf_counter()
    subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - start


def main(n_jobs: int, runs: int) -> int:
    """Print both comparisons; return 1 when either misses its goal."""
    compile_ours()
    os.environ["CPU_LIMIT"] = "2"
    folder = Path(tempfile.mkdtemp(prefix="jobs-ext-"))
    try:
        with PrivateServer(folder, root=folder) as server:
            ours = Ours(server, n_jobs)
            ours.one()  # whose runner and keeper start with it
            many = in_turns(ours.batch, lambda: xargs(n_jobs), runs)
            single = in_turns(ours.one, lambda: _run([PROGRAM, "x"]), 5 * runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show((f"{n_jobs} commands in a batch", "xargs -P2 -n1 of them"), many, runs)
    rate, more = many[1] / many[0], (single[0] - single[1]) * 1000
    print(f"{'rate beside that of xargs':32} {rate:8.2f}      (must be {LEAST_RATE} or more)")
    show(("one command, submit to final", "subprocess.run of it"), single, 5 * runs)
    print(f"{'difference':32} {more:8.1f} ms   (must be {MOST_MORE} or less)")
    return int(rate < LEAST_RATE or more > MOST_MORE)


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*given, *(500, 5)[len(given) :]))
