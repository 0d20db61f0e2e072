"""A worker: a node that runs the commands it acquires, one after another, each in its own folder.

It is small enough to be read as the example of the protocol (docs/how-to/nodes.md).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jobs_ext.model.argv import as_environment
from jobs_ext.model.node import (
    AcquireRequest,
    Assignment,
    Node,
    NodeFinish,
    NodeProgress,
    NodeRequest,
    NodeStart,
)
from jobs_ext.model.status import Status

from .errors import (
    Conflict,
    DiskFull,
    InvalidRequest,
    JobsError,
    NotFound,
    OverQuota,
    TooLarge,
)

if TYPE_CHECKING:
    from .nodes import Nodes

RESTARTED = "its worker was restarted in the middle of it"
_WORK = "work"  # the folder that a command runs in, below that of its job
_LOOK = 0.2  # seconds between looks at the process
_TELL = 2.0  # seconds between signs of life while it runs
_GRACE = 5.0  # seconds from SIGTERM to SIGKILL
_TAIL = 2000  # bytes of stderr that a failure is told with
_REFUSALS = (InvalidRequest, TooLarge, OverQuota, DiskFull)  # which do not end the worker


class Worker:
    """Takes jobs from a server until it is told to stop; `nodes` is `Client.nodes`.

    `tools` are the only ones it takes jobs of; without any, it takes whatever suits it.
    """

    def __init__(self, nodes: Nodes, wanted: NodeRequest, tools: list[str] | None = None) -> None:
        self._nodes = nodes
        self._wanted = wanted
        self._acquire = AcquireRequest(tools=tools or [])
        self._stop = threading.Event()
        self.node: Node | None = None  # as it was registered

    def stop(self) -> None:
        """Let `run` return after the job that is under way."""
        self._stop.set()

    def run(self, *, most: int | None = None, pause: float = 1.0) -> int:
        """Run jobs, `most` of them, and wait `pause` seconds when there is none.

        Returns how many were run.
        """
        self.node = self._nodes.register(self._wanted)
        self._give_back(self.node)
        done = 0
        while not self._stop.is_set() and done != most:
            given = self._nodes.acquire(self.node.id, self._acquire)
            if given is None:
                self._stop.wait(pause)
                continue
            with suppress(Conflict, NotFound):  # it was taken from us, or is gone: forget it
                _Run(self._nodes, self.node.id, given).carry_out()
            done += 1
        return done

    def _give_back(self, node: Node) -> None:
        """End what an earlier run of this worker left in the middle."""
        for held in node.jobs:
            with suppress(Conflict):
                if held.status is Status.STARTING:
                    told = NodeStart(attempt=held.attempt)
                    self._nodes.release(node.id, held.job, told)
                else:
                    end = NodeFinish(attempt=held.attempt, success=False, reason=RESTARTED)
                    self._nodes.finish(node.id, held.job, end)


class _End(NamedTuple):
    """How a command ended."""

    code: int | None  # None: it could not be started
    why: str | None  # in our own words; None: its exit code says it all


class _Run:
    """One job in the hands of a node."""

    def __init__(self, nodes: Nodes, node: str, given: Assignment) -> None:
        self._nodes = nodes
        self._node = node
        self._given = given
        self._job = given.job.id
        self._said = ""  # the last line of progress that was passed on
        self._told = 0.0  # monotonic: when the server last heard of us

    def carry_out(self) -> None:
        """Start, run and finish the job. Raises `Conflict` as soon as it is ours no more."""
        with tempfile.TemporaryDirectory(prefix="jobs-ext-") as name:
            folder = Path(name)
            for part in ("outputs", _WORK):
                (folder / part).mkdir()
            missing = self._fetch(folder)
            if missing is not None:
                self._finish(_End(None, missing), folder, 0.0)
                return
            self._nodes.start(self._node, self._job, NodeStart(attempt=self._given.attempt))
            begun = time.monotonic()
            end = self._run(folder)
            self._pass_on(folder / "progress")
            trouble = self._upload(folder)
            if trouble is not None and end.code == 0:
                end = _End(None, trouble)
            self._finish(end, folder, time.monotonic() - begun)

    def _fetch(self, folder: Path) -> str | None:
        """Fetch the files that the job reads; tell which is not to be had, None when all are."""
        for one in self._given.inputs:
            place = folder / _WORK / one.path
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("wb") as file:
                    told = (self._node, self._job, self._given.attempt, one.number)
                    for _ in self._nodes.fetch(*told, file):
                        self._is_cancelled(folder)
            except (Conflict, NotFound, OSError) as error:
                if isinstance(error, JobsError) and error.field == "job":
                    raise
                return f"its input {one.path!a} could not be fetched: {str(error)!a}"
        return None

    def _run(self, folder: Path) -> _End:
        command = self._given.command
        if not command:
            return _End(None, "this worker runs commands, and the tool has none")
        environment = (
            os.environ
            | self._variables()
            | {
                "JOBS_ID": self._job,
                "JOBS_ATTEMPT": str(self._given.attempt),
                "JOBS_OUTPUT_DIR": str(folder / "outputs"),
                "JOBS_PROGRESS": str(folder / "progress"),
            }
        )
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
            try:
                process = subprocess.Popen(
                    command,
                    cwd=folder / _WORK,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,  # so that all of it can be ended
                )
            except (OSError, ValueError) as error:
                return _End(None, f"it can't be started: {error}")
            try:
                return self._wait(process, folder)
            finally:
                _end(process)

    def _variables(self) -> dict[str, str]:
        """Return the arguments of a tool that wants them in its environment."""
        tool = self._given.tool or {}
        if tool.get("pass_as") != "environment":
            return {}
        return as_environment(self._given.arguments)

    def _wait(self, process: subprocess.Popen[bytes], folder: Path) -> _End:
        """Return when the process has ended, or has to."""
        limit = self._given.timeout
        deadline = None if limit is None else time.monotonic() + limit
        while process.poll() is None:
            if deadline is not None and time.monotonic() > deadline:
                return _End(None, f"it ran longer than its time limit of {limit:g} s")
            if self._is_cancelled(folder):
                return _End(None, "it was cancelled")
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK)
        return _End(process.returncode, None)

    def _is_cancelled(self, folder: Path) -> bool:
        """Give a sign of life now and then; tell whether somebody asked for the end."""
        if time.monotonic() - self._told < _TELL:
            return False
        self._told = time.monotonic()
        self._pass_on(folder / "progress")
        mine = [held for held in self._nodes.ping(self._node).jobs if held.job == self._job]
        if not mine:
            raise Conflict("The job was taken from this worker.")
        return mine[0].cancel_requested

    def _pass_on(self, file: Path) -> None:
        """Pass on the last line of progress, if there is a new one that makes sense."""
        try:
            line = file.read_text("utf-8", "replace").rpartition("\n")[0].rpartition("\n")[2]
            said = json.loads(line)
            told = NodeProgress(
                attempt=self._given.attempt,
                fraction=said.get("fraction"),
                message=str(said.get("message", "")),
                data=said.get("data"),
            )
        except (OSError, ValueError, AttributeError, RecursionError):  # nothing, or no sense
            return
        if line != self._said:
            self._said = line
            with suppress(InvalidRequest, TooLarge, UnicodeEncodeError):
                self._nodes.progress(self._node, self._job, told)

    def _upload(self, folder: Path) -> str | None:
        """Send all that the command left; tell what could not be sent, None when all was."""
        trouble = None
        kept = folder / "outputs"
        files = {str(p.relative_to(kept)): p for p in sorted(kept.rglob("*")) if p.is_file()}
        for name in ("stdout", "stderr"):
            if (folder / name).exists() and (folder / name).stat().st_size:
                files.setdefault(name, folder / name)
        for name, path in files.items():
            try:
                self._nodes.output(self._node, self._job, self._given.attempt, name, path)
            except (*_REFUSALS, OSError, UnicodeEncodeError) as error:
                trouble = f"its output {name!a} could not be sent: {str(error)!a}"
        return trouble

    def _finish(self, end: _End, folder: Path, duration: float) -> None:
        reason = end.why
        if reason is None and end.code and (tail := _tail(folder / "stderr")):
            reason = f"exited with code {end.code}: {tail}"
        told = NodeFinish(
            attempt=self._given.attempt,
            success=end.code == 0,
            reason=reason,
            exit_code=end.code,
            duration=duration,
        )
        self._nodes.finish(self._node, self._job, told)


def _tail(file: Path) -> str:
    """Return the last line of a log."""
    with file.open("rb") as log:
        log.seek(max(0, file.stat().st_size - _TAIL))
        lines = log.read().decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started, if anything of it is left."""
    for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, None)):
        if process.poll() is not None:
            break
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with suppress(ProcessLookupError, PermissionError):  # what it left behind in its group
        os.killpg(process.pid, signal.SIGKILL)
