"""Tiny commands: a batch of them beside ``xargs -P2 -n1``, one of them beside ``subprocess.run``.

``python benchmarks/drain.py [number of commands] [runs]``; two slots, everything by HTTP. The last
row is measured again with 5 ms added to every fsync. Needs a C compiler for the program that is
run and for that delay; says so where there is none, and does with ``echo``.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from measured import compile_ours, in_turns, show

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
from private_server import PrivateServer

N_JOBS, RUNS = 5000, 5
SINGLES = 5  # commands one by one, for each run of the batch
LEAST_RATE = 0.8  # of that of xargs
MOST_MORE = 15.0  # milliseconds that one command may take longer than by subprocess.run
MOST_MORE_DELAYED = 30.0  # the same with slow fsyncs
CHECKED = 50  # jobs of each batch, drawn at random
API = "jobs-ext/api/v1/"
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
ECHO = "/bin/echo"

TINY = r"""
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv) { return printf("%s %d\n", argv[argc - 1], getpid()) < 0; }
"""
SLOW_SYNC = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int delayed(const char *name, int file) {
    usleep(5000);
    return ((int (*)(int)) dlsym(RTLD_NEXT, name))(file);
}
int fsync(int file) { return delayed("fsync", file); }
int fdatasync(int file) { return delayed("fdatasync", file); }
"""


class Ours:
    """The same commands as jobs of a server."""

    def __init__(self, server: PrivateServer, program: str, n_jobs: int) -> None:
        self.server = server
        self.program = program
        self.n_jobs = n_jobs

    def batch(self) -> float:
        """Return the seconds from the submit of a batch until its last job has succeeded."""
        os.sync()
        request = {
            "target": {"command": [self.program, "{k}"]},
            "arguments": [{"k": k} for k in range(self.n_jobs)],
            "options": {"name": "drain"},
            "context": {"cwd": "/"},
        }
        start = time.perf_counter()
        batch = self.server.post(API + "batches", request)["id"]
        while not self.is_done(batch):
            pass
        taken = time.perf_counter() - start
        self.check(batch)
        return taken

    def is_done(self, batch: str) -> bool:
        """Wait for the end of a batch, but not for ever; tell whether all its jobs succeeded."""
        counts = self.server.get(f"{API}batches/{batch}?wait=20")["counts"]
        assert not counts["FAILED"], counts
        return bool(counts["SUCCEEDED"] == self.n_jobs)

    def check(self, batch: str) -> None:
        """Look closely at some of the jobs: exit code, times, log."""
        for index in random.sample(range(self.n_jobs), min(CHECKED, self.n_jobs)):
            job = self.find(batch, index)
            (attempt,) = job["attempts"]
            assert (job["status"], attempt["exit_code"]) == ("SUCCEEDED", 0), job
            assert job["created"] <= job["started"] <= job["stopped"], job
            log = self.server.get(f"{API}jobs/{job['id']}/logs")
            assert log["text"].split()[0] == str(index), log

    def find(self, batch: str, index: int) -> Any:
        """Return one job of a batch; a page may be empty and still have a next one."""
        query = f"{API}jobs?batch={batch}&name=drain%5B{index}%5D"
        page = self.server.get(query)
        while not page["items"]:
            page = self.server.get(f"{query}&cursor={page['next']}")
        return page["items"][0]

    def one(self) -> float:
        """Return the seconds from the submit of one command until its status is final."""
        request = {"target": {"command": [self.program, "x"]}, "context": {"cwd": "/"}}
        start = time.perf_counter()
        job: Any = self.server.post(API + "jobs", request)
        while job["status"] not in FINAL:
            job = self.server.get(f"{API}jobs/{job['id']}?wait=20")
        taken = time.perf_counter() - start
        assert job["status"] == "SUCCEEDED", job
        return taken


def compiled(folder: Path, name: str, source: str, *options: str) -> Path | None:
    """Return a C source, compiled into `folder`; None without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    given, made = folder / f"{name}.c", folder / name
    given.write_text(source)
    subprocess.run([compiler, "-O2", "-o", made, given, *options], check=True)
    return made


def xargs(program: str, n_jobs: int) -> float:
    """Return the seconds that xargs takes for as many."""
    numbers = "".join(f"{k}\n" for k in range(n_jobs)).encode()
    return run(["xargs", "-P2", "-n1", program], numbers)


def run(command: list[str], given: bytes = b"") -> float:
    """Return the seconds that a command takes."""
    start = time.perf_counter()
    subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - start


@contextmanager
def served(folder: Path, program: str, n_jobs: int, preload: Path | None = None) -> Iterator[Ours]:
    """Give a server with two slots, its runner and keeper started; they load `preload`, too."""
    folder.mkdir()
    with ExitStack() as stack:
        before = dict(os.environ)
        os.environ.update({"CPU_LIMIT": "2"} | ({"LD_PRELOAD": str(preload)} if preload else {}))
        try:
            server = stack.enter_context(PrivateServer(folder, root=folder))
        finally:  # the peer's programs must not have it
            os.environ.clear()
            os.environ.update(before)
        ours = Ours(server, program, n_jobs)
        ours.one()
        yield ours


def batches(folder: Path, program: str, n_jobs: int, runs: int) -> bool:
    """Print how a batch fares; tell whether that is good enough."""
    with served(folder / "batch", program, n_jobs) as ours:
        taken = in_turns(ours.batch, lambda: xargs(program, n_jobs), runs)
    show((f"{n_jobs} commands in a batch", "xargs -P2 -n1 of them"), taken, runs)
    rate = taken[1] / taken[0]
    print(f"{'rate beside that of xargs':32} {rate:8.2f}      (must be {LEAST_RATE} or more)")
    return rate >= LEAST_RATE


def singles(folder: Path, program: str, runs: int, preload: Path | None = None) -> bool:
    """Print how one command fares, `preload` in server, runner and keeper; tell whether well."""
    slow, most = (", fsyncs 5 ms slower", MOST_MORE_DELAYED) if preload else ("", MOST_MORE)
    with served(folder / ("slow" if preload else "one"), program, 1, preload) as ours:
        taken = in_turns(ours.one, lambda: run([program, "x"]), runs)
    show((f"one command{slow}", "subprocess.run of it"), taken, runs)
    more = (taken[0] - taken[1]) * 1000
    print(f"{'difference':32} {more:8.1f} ms   (must be {most} or less)")
    return more <= most


def main(n_jobs: int, runs: int) -> int:
    """Print the comparisons; return 1 when one misses its goal."""
    compile_ours()
    folder = Path(tempfile.mkdtemp(prefix="jobs-ext-"))
    try:
        tiny = compiled(folder, "tiny", TINY)
        delay = compiled(folder, "slow_sync.so", SLOW_SYNC, "-shared", "-fPIC", "-ldl")
        program = ECHO if tiny is None else str(tiny)
        good = [batches(folder, program, n_jobs, runs), singles(folder, program, SINGLES * runs)]
        if delay is None:
            print("no C compiler: echo was run, and slow fsyncs were not measured")
        else:
            good.append(singles(folder, program, SINGLES * runs, delay))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return int(not all(good))


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*given, *(N_JOBS, RUNS)[len(given) :]))
