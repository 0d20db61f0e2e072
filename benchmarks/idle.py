"""What the extension, its runner and its keeper cost while nothing happens."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
from private_server import PrivateServer
from rows import Row

MOST = 120.0  # megabytes
MOST_CPU = 0.005  # of one core: what can't be told from the bare server's own


def idle_rows(folder: Path, seconds: float) -> list[Row]:
    """Return what is used besides the bare server, after one job has run."""
    with _server(folder / "bare", extension=False) as bare:
        memory, cpu = _used(bare, seconds)
    with _server(folder / "ours", extension=True) as ours:
        request = {"target": {"command": ["true"]}, "context": {"cwd": "/"}}
        job = ours.post("jobs-ext/api/v1/jobs", request)["id"]
        while ours.get(f"jobs-ext/api/v1/jobs/{job}")["status"] != "SUCCEEDED":
            time.sleep(0.05)
        our_memory, our_cpu = _used(ours, seconds)
    more, more_cpu = our_memory - memory, our_cpu - cpu
    return [
        Row(
            "idle memory of server, runner, keeper",
            "the bare server",
            f"{our_memory:.0f} MB",
            f"{memory:.0f} MB",
            our_memory / memory,
            f"≤ +{MOST:.0f} MB",
            more <= MOST,
        ),
        Row(
            f"idle CPU over {seconds:.0f} s",
            "the bare server",
            f"{our_cpu:.2%}",
            f"{cpu:.2%}",
            our_cpu / max(cpu, 0.001),
            f"≤ +{MOST_CPU:.1%} of a core",
            more_cpu <= MOST_CPU,
        ),
    ]


class _Bare(PrivateServer):
    """A server without the extension, of which no runner is left."""

    def __exit__(self, *_exception: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)


def _server(folder: Path, *, extension: bool) -> PrivateServer:
    (folder / "config").mkdir(parents=True)
    said = {"ServerApp": {"jpserver_extensions": {"jobs_ext": extension}}}
    (folder / "config" / "jupyter_server_config.json").write_text(json.dumps(said))
    return (PrivateServer if extension else _Bare)(folder, root=folder)


def _used(server: PrivateServer, seconds: float) -> tuple[float, float]:
    """Return megabytes and cores that all processes of a server's folder use while idle."""
    time.sleep(3)  # what a start leaves to do is over
    processes = [p for p in psutil.process_iter(["cmdline"]) if _is_of(p, server)]
    before = sum(_cpu(process) for process in processes)
    time.sleep(seconds)
    cores = (sum(_cpu(process) for process in processes) - before) / seconds
    return sum(process.memory_info().rss for process in processes) / 1e6, cores


def _is_of(process: psutil.Process, server: PrivateServer) -> bool:
    return any(str(server.folder) in part for part in process.info["cmdline"] or ())


def _cpu(process: psutil.Process) -> float:
    """Return the seconds of CPU that a process has used, by the scheduler's own count."""
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
