"""From a fresh kernel to the first accepted job: ``jx.submit`` beside requests and one POST."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from measured import Measure, compare, compile_ours

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
from headless import HeadlessNotebook
from private_server import PrivateServer

OURS = """
import jobs_ext as jx
job = jx.submit(["true"])
"""
PEER = """
import os, requests
answer = requests.post(
    os.environ["JOBS_EXT_URL"] + "api/v1/jobs",
    json={"target": {"command": ["true"]}, "context": {"cwd": os.getcwd()}},
    headers={
        "X-Jobs-Ext-Kernel": os.environ["JOBS_EXT_KERNEL_ID"],
        "X-Jobs-Ext-Key": os.environ["JOBS_EXT_KERNEL_KEY"],
    },
)
answer.raise_for_status()
"""
TIMED = "import time; start = time.perf_counter()\n{}\nprint(time.perf_counter() - start)"


def in_a_fresh_kernel(server: PrivateServer, code: str) -> Measure:
    """Return what measures `code` as the first cell of a new kernel, in seconds."""

    def measure() -> float:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(TIMED.format(code))])
        kernel = server.start_kernel("benchmark.ipynb")
        with HeadlessNotebook(kernel, notebook) as running:
            running.execute(0)
        server.end_kernels()
        return float(notebook.cells[0].outputs[-1].text)

    return measure


def main() -> int:
    """Print the comparison; return 1 when it is over the limit."""
    compile_ours()
    folder = Path(tempfile.mkdtemp(prefix="jobs-ext-"))
    try:
        with PrivateServer(folder, root=folder) as server:
            ours, peer = (in_a_fresh_kernel(server, code) for code in (OURS, PEER))
            names = ("jx.submit", "requests and one POST")
            return compare(ours, peer, names, limit=2.0, runs=7)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
