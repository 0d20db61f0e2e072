"""A Parquet output to a DataFrame by HTTP beside ``pandas.read_parquet`` of the file."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from measured import in_turns
from private_server import PrivateServer
from rows import Row

import jobs_ext as jx

RUNS = 5
MOST_MORE = 64.0  # megabytes


def parquet_rows(server: PrivateServer, folder: Path, gigabytes: float) -> list[Row]:
    """Return the comparison; the client is kept from reading the file by its path."""
    source = folder / "source.parquet"
    columns = {
        f"x{n}": np.random.default_rng(n).random(int(gigabytes * 1e9 / 80)) for n in range(10)
    }
    pd.DataFrame(columns).to_parquet(source, compression=None)
    del columns
    os.environ["JOBS_EXT_TOKEN"] = server.token
    client = jx.connect(server.url)
    copy = f'cp "{source}" "$JOBS_OUTPUT_DIR/table.parquet"'
    job = jx.command(["sh", "-c", copy]).submit()
    job.wait()
    path = Path(next(iter(job.outputs.values())).path)
    client.connection._shares = False

    def by_http() -> float:
        (output,) = client.get(job.id).outputs.values()
        start = time.perf_counter()
        output.df()
        return time.perf_counter() - start

    def by_path() -> float:
        start = time.perf_counter()
        pd.read_parquet(path)
        return time.perf_counter() - start

    process = psutil.Process(server._process.pid)
    before = process.memory_info().rss / 1e6
    taken = in_turns(by_http, by_path, RUNS)
    after = process.memory_info().rss / 1e6
    what = f"{path.stat().st_size / 1e9:.1f} GB of Parquet to a DataFrame by HTTP"
    return [
        Row.at_most(what, "pandas.read_parquet", taken, 2.0),
        Row(
            f"memory of the server after {RUNS} such downloads",
            "before",
            f"{after:.0f} MB",
            f"{before:.0f} MB",
            after / before,
            f"≤ +{MOST_MORE:.0f} MB",
            after - before <= MOST_MORE,
        ),
    ]
