"""The processes behind the jobs: runner, keeper, what would end them, and sockets left behind."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil

from .. import __version__
from ..runner.holder import Build, read_holder, this_build
from ..runner.keeper import processes
from ..service.surroundings import ends_with
from ..store.locks import has_runner, has_server
from ..store.paths import Paths
from .finding import Finding, error, ok, warning

_PATIENCE = 5.0  # seconds for a runner to appear: its server may have just started
_STEP = 0.1  # seconds between looks for it
_LAST = 20  # lines of the runner's log that are looked at


def check_runner(paths: Paths) -> Iterator[Finding]:
    """Say whether the runner is there, answers, and is of this code."""
    deadline = time.monotonic() + _PATIENCE
    while has_server(paths) and not has_runner(paths) and time.monotonic() < deadline:
        time.sleep(_STEP)
    if not has_runner(paths):
        yield from _no_runner(paths)
        return
    holder = read_holder(paths)
    if holder is None:
        yield ok("runner", "it runs")
        return
    if holder.host != socket.gethostname():
        yield error(
            "runner",
            f"The runner of {paths.root} runs on {holder.host}.",
            "Two machines share the data directory; jobs would run over there.",
            "Give each machine its own JobsExtension.data_dir.",
        )
    elif _is_stopped(holder.pid):
        yield error(
            "runner",
            f"The runner, process {holder.pid}, is stopped (SIGSTOP).",
            "No job is begun, and none is seen to end.",
            f"kill -CONT {holder.pid}",
        )
    else:
        yield from _version(holder.pid, holder.build)


def _version(pid: int, build: Build) -> Iterator[Finding]:
    if build == this_build():
        yield ok("runner", f"process {pid}")
        return
    yield warning(
        "runner",
        f"The runner, process {pid}, has the code of jobs_ext {build.version}, this is "
        f"{__version__}" + (", edited." if build.version == __version__ else "."),
        "It goes on by the rules of its own code.",
        "Restart the Jupyter server: it replaces an older runner. Jobs go on meanwhile.",
    )


def _no_runner(paths: Paths) -> Iterator[Finding]:
    if not has_server(paths):
        yield ok("runner", "none, and no server that needs one")
        return
    said = _last_complaint(paths.runner_log)
    yield error(
        "runner",
        "No runner is there, although a server is." + (f" It said last: {said}" if said else ""),
        "No job is begun.",
        f"The server goes on trying. See {paths.runner_log}.",
    )


def _last_complaint(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()[-_LAST:]
    except OSError:
        return ""
    words = ("error", "warning", "traceback", "no module")
    complaints = [line for line in lines if any(word in line.lower() for word in words)]
    return complaints[-1] if complaints else ""


def check_keeper(paths: Paths) -> Iterator[Finding]:
    """Say whether the keeper lives, if there is one, and listens."""
    pid = _keeper(paths.keeper)
    if pid is None:
        return  # none is needed; or it was killed, and the runner starts another
    if _is_stopped(pid):
        yield error(
            "keeper",
            f"The keeper, process {pid}, is stopped (SIGSTOP).",
            "Jobs can be neither begun nor ended.",
            f"kill -CONT {pid}",
        )
    elif not _listens(paths.keeper_socket):
        yield warning(
            "keeper",
            f"The keeper, process {pid}, can't be reached at {paths.keeper_socket}.",
            "Running jobs go on; until it listens again no job is begun or cancelled.",
            "Wait a minute; then see keeper.log and runner.log in the data directory.",
        )
    else:
        yield ok("keeper", f"process {pid}")


def _keeper(card: Path) -> int | None:
    """Return the process id of the keeper, if it lives."""
    try:
        told = json.loads(card.read_text())
        entry = processes.find(int(told["pid"]))
    except (OSError, ValueError, KeyError, TypeError):  # never written, or not to its end
        return None
    return entry.pid if entry is not None and entry.start == told.get("process_start") else None


def check_sockets(paths: Paths) -> Iterator[Finding]:
    """Find sockets of servers that are no more."""
    left = [path for path in sorted(paths.sockets.glob("server-*.sock")) if not _owner(path)]
    if left:
        yield warning(
            "sockets",
            f"{len(left)} sockets of servers that were killed are left in {paths.sockets}.",
            "They do no harm, but each change of a job is told to them, too.",
            f"rm {' '.join(map(str, left))}",
        )


def _owner(path: Path) -> bool:
    pid = path.stem.removeprefix("server-")
    return pid.isdigit() and psutil.pid_exists(int(pid))


def check_surroundings() -> Iterator[Finding]:
    """Say whether something takes all jobs along when it ends."""
    what = ends_with()
    if what:
        yield warning(
            "surroundings",
            f"Jobs end with {what}.",
            "They outlive kernels and Jupyter servers inside of it, but not itself.",
            'Keep it running, and use on_lost="retry" for jobs that may run twice.',
        )


def _is_stopped(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def _listens(path: Path) -> bool:
    with closing(socket.socket(socket.AF_UNIX)) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
