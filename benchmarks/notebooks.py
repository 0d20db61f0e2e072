"""Five small notebooks, one after another: ours, warm and cold, beside ``papermill`` of them.

``python benchmarks/notebooks.py [runs]``; needs papermill (``pip install 'jobs_ext[benchmarks]'``).
Each notebook fails when it finds anything of an earlier run: globals, folder, environment, random
state.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from measured import compile_ours, in_turns, show
from nbformat.v4 import new_code_cell, new_notebook

import jobs_ext as jx

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
from private_server import PrivateServer

RUNS = 5
LEAST_WARM = 8.0  # times as fast as papermill
LEAST_COLD = 1.0
LEAKS = """
import json, os, random
assert "mine" not in globals() and not hasattr(json, "mine"), "a global was left"
assert "MINE" not in os.environ, "a variable was left"
assert os.path.exists("0.ipynb"), "it is in another folder"
drawn = str(random.random())
assert drawn not in open("drawn").read().split(), "the random state was left"
open("drawn", "a").write(drawn + "\\n")
mine = json.mine = 1
os.environ["MINE"] = "1"
os.chdir("/")
"""
BODIES = [
    ["print('hello')"],
    ["import math", "sum(math.sqrt(k) for k in range(100_000))"],
    ["import csv, io", "list(csv.reader(io.StringIO('a,b\\n1,2\\n')))"],
    ["import numpy as np", "np.linalg.norm(np.random.default_rng().normal(size=(100, 100)))"],
    [
        "import pandas as pd, matplotlib.pyplot as plt",
        "frame = pd.DataFrame({'x': range(50)}); frame['y'] = frame.x ** 2; frame.describe()",
        "frame.plot('x', 'y');",
    ],
]


def write(folder: Path) -> list[Path]:
    """Write the notebooks and return where."""
    paths = [folder / f"{number}.ipynb" for number in range(len(BODIES))]
    for path, body in zip(paths, BODIES, strict=True):
        notebook = new_notebook(cells=[new_code_cell(source) for source in (LEAKS, *body)])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, path)
    (folder / "drawn").touch()
    return paths


def ours(paths: list[Path]) -> float:
    """Return the seconds from the first submit until the last of them is final, in turns."""
    start = time.perf_counter()
    for path in paths:
        job = jx.submit(path).wait()
        assert job.status == "SUCCEEDED", job.reason
    return time.perf_counter() - start


def papermill(paths: list[Path]) -> float:
    """Return the seconds that papermill takes for them."""
    start = time.perf_counter()
    for path in paths:
        command = [sys.executable, "-m", "papermill", path, path.with_suffix(".out"), "--cwd"]
        subprocess.run([*command, path.parent], check=True, capture_output=True)
    return time.perf_counter() - start


def cold(folder: Path, paths: list[Path]) -> float:
    """Return the seconds that ours take on a server that has run none before."""
    with served(folder):
        return ours(paths)


def served(folder: Path) -> PrivateServer:
    """Return a fresh server, for a ``with`` statement; it becomes the one in use."""
    home = Path(tempfile.mkdtemp(dir=folder))

    class Used(PrivateServer):
        def __enter__(self) -> PrivateServer:
            server = super().__enter__()
            os.environ["JOBS_EXT_TOKEN"] = server.token
            jx.use(jx.connect(server.url))
            jx.submit(["true"]).wait()  # runner and keeper are there
            return server

    return Used(home, root=folder)


def verdict(name: str, taken: tuple[float, float], least: float, runs: int) -> bool:
    """Print a comparison; tell whether it is good enough."""
    show((name, "papermill of them"), taken, runs)
    times = taken[1] / taken[0]
    print(f"{'times as fast':32} {times:8.2f}      (must be {least} or more)")
    return times >= least


def main(runs: int) -> int:
    """Print the comparisons; return 1 when one misses its goal."""
    if importlib.util.find_spec("papermill") is None:
        print("papermill is missing: pip install 'jobs_ext[benchmarks]'")
        return 1
    compile_ours()
    folder = Path(tempfile.mkdtemp(prefix="jx-", dir="/tmp"))
    os.environ["CPU_LIMIT"] = "2"
    os.chdir(folder)
    try:
        paths = write(folder)
        with served(folder):
            ours(paths)
            taken = in_turns(lambda: ours(paths), lambda: papermill(paths), runs)
        good = [verdict("five notebooks, warm", taken, LEAST_WARM, runs)]
        taken = in_turns(lambda: cold(folder, paths), lambda: papermill(paths), runs)
        good.append(verdict("five notebooks, cold", taken, LEAST_COLD, runs))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main(*[int(argument) for argument in sys.argv[1:]] or [RUNS]))
