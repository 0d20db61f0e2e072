"""A data directory with a real runner process beside a service in this process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from jobs_ext.model.job import Job
from jobs_ext.model.notification import Outgoing
from jobs_ext.model.request import BatchRequest, Context, Options, SubmitRequest, Target
from jobs_ext.model.scheduling import Scheduling
from jobs_ext.model.status import Status
from jobs_ext.model.tool import Tool
from jobs_ext.runner.keeper import processes
from jobs_ext.service import JobQuery, Principal, Service, Slots, Upload
from jobs_ext.service.addresses import Guard
from jobs_ext.service.whom import Whom
from jobs_ext.store.locks import has_runner
from tests.waiting import until

WHO = Principal.all("ada")


@contextmanager
def open_house(root: Path, runtime_dir: Path) -> Iterator[House]:
    """A service and a runner on two cores; afterwards nothing of them is left."""
    made = House(root, runtime_dir)
    try:
        made.start()
        yield made
    finally:
        made.close()


@contextmanager
def socket_folder() -> Iterator[Path]:
    """A folder whose name is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="jx-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)  # a keeper may be removing its socket


class House:
    """The service, the runner that belongs to it, and shorthands for tests."""

    def __init__(
        self,
        root: Path,
        runtime_dir: Path,
        cpu: float = 2.0,
        gpus: tuple[str, ...] = (),
        scheduling: Scheduling | None = None,
        outgoing: Outgoing | None = None,
        input_schemes: tuple[str, ...] = (),
    ) -> None:
        self.root = root
        self.cwd = root / "here"
        self.cwd.mkdir()
        self.slots = Slots(cpu, 8 * 10**9, gpus)
        self.scheduling = scheduling or Scheduling()
        self.outgoing = outgoing or Outgoing()
        self.runtime_dir = runtime_dir
        self.service = Service.open(
            root / "data",
            migrate=True,
            slots=self.slots,
            scheduling=self.scheduling,
            whom=Whom(self.outgoing, Guard(self.outgoing.allowed_hosts)),
            root_dir=root,
            runtime_dir=runtime_dir,
            tool_dirs=[root / "tools"],
            input_schemes=input_schemes,
        )
        self.paths = self.service.paths
        self.runner: subprocess.Popen[bytes] | None = None
        self.under: list[str] = []  # the command that runs runners, if any does

    def start(self, linger: float = 60) -> None:
        """Start a runner and wait until it has the lock."""
        with (self.root / "runner.out").open("ab") as log:
            options = {
                "--data-dir": self.paths.root,
                "--runtime-dir": self.runtime_dir,
                "--cpu": self.slots.cpu,
                "--memory": self.slots.memory,
                "--gpus": ",".join(self.slots.gpus),
                "--scheduling": msgspec.json.encode(self.scheduling).decode(),
                "--outgoing": msgspec.json.encode(self.outgoing).decode(),
                "--linger": linger,
            }
            said = [str(part) for option in options.items() for part in option]
            command = [*self.under, sys.executable, "-m", "jobs_ext.runner", *said]
            self.runner = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: has_runner(self.paths), what="the runner's lock")

    def kill_runner(self) -> None:
        assert self.runner is not None
        self.runner.kill()
        self.runner.wait()

    @property
    def keeper_pid(self) -> int:
        return int(json.loads(self.paths.keeper.read_text())["pid"])

    def submit(
        self,
        target: Target,
        arguments: dict[str, Any] | None = None,
        parts: dict[str, Upload] | None = None,
        **options: Any,
    ) -> str:
        context = Context(
            python=sys.executable,
            cwd=str(self.cwd),
            environment={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
            path=[str(self.cwd)],
        )
        request = SubmitRequest(target, arguments or {}, Options(**options), context)
        return self.service.jobs.submit(WHO, request, parts or {}).id

    def command(self, *argv: str, **options: Any) -> str:
        return self.submit(Target(command=list(argv)), **options)

    def shell(self, script: str, **options: Any) -> str:
        return self.command("bash", "-c", script, **options)

    def python(self, source: str, **options: Any) -> str:
        return self.command(sys.executable, "-c", source, **options)

    def batch(self, target: Target, sets: list[dict[str, Any]], **options: Any) -> str:
        context = Context(python=sys.executable, cwd=str(self.cwd))
        request = BatchRequest(target, sets, {}, Options(**options), context)
        return self.service.batches.submit(WHO, request, {}).id

    def tool(self, text: str) -> None:
        """Write a tool file."""
        folder = self.root / "tools"
        folder.mkdir(exist_ok=True)
        (folder / f"t{len(list(folder.iterdir()))}.toml").write_text(text)

    def tool_of(self, name: str) -> Tool:
        return self.service.tools.get(WHO, name)

    def get(self, job: str) -> Job:
        return self.service.jobs.get(WHO, job)

    def jobs(self, batch: str) -> list[Job]:
        return self.service.batches.jobs(WHO, batch, JobQuery(limit=500)).items

    def reached(self, job: str, status: Status) -> Job:
        until(lambda: self.get(job).status is status, what=f"{status} of {self.get(job)}")
        return self.get(job)

    def ended(self, job: str) -> Job:
        until(lambda: self.get(job).status.final, what=f"the end of {job}")
        return self.get(job)

    def log(self, job: str, stream: str = "stdout") -> str:
        return self.service.logs.read(WHO, job, stream=stream).text

    def output(self, job: Job, name: str) -> Path:
        found = {output.name: output for output in job.outputs}
        assert name in found, f"{name} is not among {sorted(found)}"
        return Path(str(found[name].path))

    def close(self) -> None:
        """End the runner, the keeper and everything below it."""
        if self.runner is not None:
            self.runner.kill()
            self.runner.wait()
        if self.paths.keeper.exists():
            keeper = processes.find(self.keeper_pid)
            if keeper is not None:
                everything = processes.table()
                for pid in processes.subtree([keeper.pid], everything):
                    processes.send(everything[pid], signal.SIGKILL)
        self.service.close()
