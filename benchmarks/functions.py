"""Functions by ``jx.map`` beside ``ProcessPoolExecutor(2).map``, in own and in shared processes.

``python benchmarks/functions.py [number of functions] [runs]``; two slots, everything by HTTP.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from measured import compile_ours, in_turns, show

import jobs_ext as jx

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
from private_server import PrivateServer

N_JOBS = 1000
RUNS = 5
#: Least part of the executor's rate, by function and workers.
GOALS = {
    ("nothing", "own"): 0.1,
    ("ten_ms", "own"): 0.7,
    ("nothing", "shared"): 0.5,
    ("ten_ms", "shared"): 0.9,
}


def nothing(k: int) -> int:
    """Return at once."""
    return k


def ten_ms(k: int) -> int:
    """Be busy for 10 ms."""
    import time

    end = time.perf_counter() + 0.01
    while time.perf_counter() < end:
        pass
    return k


def mapped(function: Callable[[int], int], n_jobs: int, workers: str) -> float:
    """Return the seconds from ``jx.map`` until all jobs have succeeded; some values are checked."""
    os.sync()
    start = time.perf_counter()
    batch = jx.options(workers=workers).map(function, range(n_jobs))
    batch.wait()
    taken = time.perf_counter() - start
    assert batch.counts["SUCCEEDED"] == n_jobs, batch.counts
    assert all(batch[k].result() == k for k in (0, n_jobs // 2, n_jobs - 1))
    return taken


def executed(function: Callable[[int], int], n_jobs: int) -> float:
    """Return the seconds an executor takes for as many, its start included."""
    start = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        assert list(pool.map(function, range(n_jobs))) == list(range(n_jobs))
    return time.perf_counter() - start


def measure(function: Callable[[int], int], workers: str, n_jobs: int, runs: int) -> bool:
    """Print how one function fares in such workers; tell whether that is good enough."""
    taken = in_turns(
        lambda: mapped(function, n_jobs, workers), lambda: executed(function, n_jobs), runs
    )
    name = f"{n_jobs} {function.__name__}, {workers} workers"
    show((name, "ProcessPoolExecutor(2).map"), taken, runs)
    goal = GOALS[function.__name__, workers]
    rate = taken[1] / taken[0]
    print(f"{'rate beside that':32} {rate:8.2f}      (must be {goal} or more)")
    return rate >= goal


def main(n_jobs: int, runs: int) -> int:
    """Print the comparisons; return 1 when one misses its goal."""
    compile_ours()
    folder = Path(tempfile.mkdtemp(prefix="jobs-ext-"))
    os.environ["CPU_LIMIT"] = "2"
    try:
        with PrivateServer(folder, root=folder) as server:
            os.environ["JOBS_EXT_TOKEN"] = server.token
            jx.use(jx.connect(server.url))
            mapped(nothing, 10, "own")  # the runner, the keeper and a warm parent are there
            functions = {"nothing": nothing, "ten_ms": ten_ms}
            good = [measure(functions[name], kind, n_jobs, runs) for name, kind in GOALS]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return int(not all(good))


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*given, *(N_JOBS, RUNS)[len(given) :]))
