"""GET of one job and of a page of 50 beside the server's own ``/api/status``."""

from __future__ import annotations

import time
from statistics import median

from measured import in_turns
from private_server import PrivateServer
from rows import Row

API = "jobs-ext/api/v1/"
ASKED = 20  # requests of one kind in a row; their median is one measurement
RUNS = 15


def get_rows(server: PrivateServer) -> list[Row]:
    """Return both comparisons."""
    drain(server, 60)
    (job,) = server.get(f"{API}jobs?limit=1")["items"]
    paths = {"GET of one job": f"{API}jobs/{job['id']}", "a page of 50": f"{API}jobs?limit=50"}
    return [
        Row.at_most(what, "GET /api/status", _beside_status(server, path), most)
        for (what, path), most in zip(paths.items(), (1.1, 1.4), strict=True)
    ]


def drain(server: PrivateServer, n_jobs: int) -> str:
    """Run a batch of tiny commands to its end and return its id."""
    request = {
        "target": {"command": ["/bin/echo", "{k}"]},
        "arguments": [{"k": k} for k in range(n_jobs)],
        "context": {"cwd": "/"},
    }
    batch: str = server.post(f"{API}batches", request)["id"]
    while server.get(f"{API}batches/{batch}")["counts"]["SUCCEEDED"] < n_jobs:
        time.sleep(0.05)
    return batch


def _beside_status(server: PrivateServer, path: str) -> tuple[float, float]:
    return in_turns(lambda: _ask(server, path), lambda: _ask(server, "api/status"), RUNS)


def _ask(server: PrivateServer, path: str) -> float:
    times = []
    for _ in range(ASKED):
        start = time.perf_counter()
        server.fetch(path)
        times.append(time.perf_counter() - start)
    return median(times)
