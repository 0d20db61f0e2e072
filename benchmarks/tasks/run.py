"""Do the five tasks with ours and with peers, each by its best script, and print the table.

``python benchmarks/tasks/run.py --peers FOLDER``: in FOLDER there is a virtual environment for each
peer, ``FOLDER/papermill`` and so on, with the peer, ipykernel, nbformat and requests in it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "scripts"))
from private_server import PrivateServer  # noqa: E402

SYSTEMS = ("ours", "jupyter_scheduler", "ipyparallel", "submitit", "papermill")
EXPECTED = {"1": "[303, 550, 783, 1007]", "2": "[303, 550, 783, 1007]", "3": "['1', '2', '3']",
            "4": "0 is too small", "5": "cancelled"}  # fmt: skip
HANGS = "5"  # the task that starts a program which is to be gone
TIMEOUT = 60  # seconds for a part of a script
Kernels = Callable[[], "Kernel"]


class Kernel:
    """A kernel in which cells are run; `end` kills it, as a restart does."""

    def __init__(self, connection: Path, end: Callable[[], object]) -> None:
        self.end = end
        self._client = BlockingKernelClient(connection_file=str(connection))
        self._client.load_connection_file()
        self._client.start_channels()
        self._client.kernel_info(reply=True, timeout=TIMEOUT)

    def run(self, code: str) -> str:
        """Run a cell and return what it printed; raises for one that fails or takes too long."""
        printed: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                printed.append(message["content"]["text"])

        reply = self._client.execute_interactive(code, timeout=TIMEOUT, output_hook=hear)
        if reply["content"]["status"] != "ok":
            told = reply["content"]
            raise RuntimeError(f"{told.get('ename')}: {told.get('evalue')}")
        return "".join(printed)


class PeerServer(PrivateServer):
    """A Jupyter server of another environment."""

    def __enter__(self) -> PrivateServer:
        """Start it; jupyter-scheduler wants a folder for its database to be there."""
        self.data.mkdir()
        return super().__enter__()

    def __exit__(self, *_exception: object) -> None:
        """End it; what it started is its own to end."""
        self._process.terminate()
        self._process.wait(timeout=60)


@contextmanager
def ours(folder: Path, work: Path, _: Path) -> Iterator[Kernels]:
    """Give kernels of a server with jobs_ext."""
    with PrivateServer(folder, root=work) as server:
        yield lambda: Kernel(server.start_kernel("report.ipynb"), server.end_kernels)


@contextmanager
def peer(folder: Path, work: Path, python: Path) -> Iterator[Kernels]:
    """Give kernels of a peer's environment; for jupyter-scheduler, with its server beside."""
    environment = os.environ | {"PATH": f"{python.parent}:{os.environ['PATH']}"}
    environment |= {"JUPYTER_DATA_DIR": str(folder / "data")}
    environment |= {"JUPYTER_RUNTIME_DIR": str(folder / "run"), "IPYTHONDIR": str(folder / "ip")}

    def kernel() -> Kernel:
        manager = KernelManager()
        program = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        manager.kernel_spec.argv = program
        manager.start_kernel(cwd=str(work), env=environment)
        return Kernel(Path(manager.connection_file), lambda: manager.shutdown_kernel())

    try:
        if python.parents[1].name != "jupyter-scheduler":
            yield kernel
            return
        with PeerServer(folder, root=work, python=str(python)) as server:
            environment |= {"SERVER": server.url, "TOKEN": server.token}
            yield kernel
    finally:
        for left in psutil.process_iter():
            if _folder(left).startswith(f"{folder}/"):
                left.kill()  # clusters and runs that outlived their kernels


def sections(script: Path) -> dict[str, str]:
    """Return the parts of a script by name: submit, collect, again."""
    parts = re.split(r"^# %% (\w+)\n", script.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def lines(text: str) -> int:
    """Return how many lines of code there are in a text."""
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines()
    )


def renew(work: Path) -> None:
    """Remove what scripts have left in their folder."""
    for path in work.iterdir():
        if not (HERE / "work" / path.name).exists():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def median(script: Path, kernels: Kernels, work: Path, times: int) -> list[str]:
    """Do one task some times and return what is told of it; not all were alike: each is told."""
    found = [do(script, kernels, work) for _ in range(times)]
    blocked = f"{statistics.median(seconds for _, seconds, _ in found):.1f} s"
    return [" / ".join(dict.fromkeys(one)) for one in (
        [lines for lines, _, _ in found], [blocked], [again for _, _, again in found]
    )]  # fmt: skip


def do(script: Path, kernels: Kernels, work: Path) -> tuple[str, float, str]:
    """Do one task with and without a restart; return lines, seconds, and what the restart left."""
    parts, task = sections(script), script.name[0]
    kernel = kernels()
    began = time.monotonic()
    kernel.run(parts["submit"])
    waited = time.monotonic() - began
    time.sleep(1)
    try:
        right = is_right(task, kernel.run(parts["collect"] + "\nprint(answer)"))
    except (RuntimeError, TimeoutError):
        right = False
    kernel.end()
    written = str(lines(parts["submit"]) + lines(parts["collect"]))
    renew(work)
    restarted = survives(parts, kernels, task)
    renew(work)
    return written if right else f"{written}, but not right", waited, restarted


def is_right(task: str, said: str) -> bool:
    """Tell whether a task was done; other tasks don't answer for what the one that hangs left."""
    return EXPECTED[task] in said and not (task == HANGS and left_over())


def survives(parts: dict[str, str], kernels: Kernels, task: str) -> str:
    """Return how many lines get the answer after a restart of the kernel; "no" if none do."""
    if "again" not in parts:
        return "no"
    kernel = kernels()
    kernel.run(parts["submit"])
    time.sleep(1)
    kernel.end()
    again = parts["again"] + ("" if "answer" in parts["again"] else parts["collect"])
    kernel = kernels()
    try:
        said = kernel.run(again + "\nprint(answer)")
    except (RuntimeError, TimeoutError) as error:
        return f"no: {str(error)[:60]}"
    finally:
        kernel.end()
    return f"{lines(parts['again'])} lines" if is_right(task, said) else "no"


def left_over() -> bool:
    """Tell whether the program of the last task still runs, a moment later; it is ended then."""
    end = time.monotonic() + 5
    while found := [p for p in psutil.process_iter() if "86399" in _words(p)]:
        if time.monotonic() > end:
            for one in found:
                one.kill()
            return True
        time.sleep(0.2)
    return False


def _folder(process: psutil.Process) -> str:
    try:
        return process.cwd()
    except psutil.Error:
        return ""


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def main() -> int:
    """Do all tasks, or those asked for, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, required=True, help="folder of environments")
    parser.add_argument("--times", type=int, default=3, help="of which the medians are told")
    parser.add_argument("systems", nargs="*", default=SYSTEMS)
    given = parser.parse_args()
    print(
        "| task | with | lines | the cell is blocked for | after a restart |\n" + "| --- " * 5 + "|"
    )
    for system in given.systems:
        with tempfile.TemporaryDirectory(prefix="jx-") as name:
            work = Path(name, "work")
            shutil.copytree(HERE / "work", work)
            python = given.peers / system.replace("_", "-") / "bin" / "python"
            start = ours if system == "ours" else peer
            with start(Path(name), work, python) as kernels:
                for script in sorted((HERE / system).glob("*.py")):
                    row = [script.stem, system, *median(script, kernels, work, given.times)]
                    print(f"| {' | '.join(row)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
