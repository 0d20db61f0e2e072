"""A real Jupyter server in a process of its own, that can be killed and started again."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from jobs_ext.client.client import Client
from jobs_ext.client.connection import Connection
from jobs_ext.client.errors import JobsError
from jobs_ext.client.finder import Address, extension_url, token
from tests.serving import IPC
from tests.waiting import until

FINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}


def python(code: str) -> list[str]:
    """Return the command that runs some Python."""
    return [sys.executable, "-c", code]


class LiveServer:
    """A ``jupyter server`` with a home of its own."""

    options: tuple[str, ...] = ()
    cores = 2  # that its jobs may take, whatever the machine has

    def __init__(self, *options: str) -> None:
        self.options = options
        self.home = Path(tempfile.mkdtemp(prefix="jx-client-"))
        self.work = self.home / "work"
        self.work.mkdir()
        self.token = secrets.token_hex(16)
        self.start()

    @property
    def runtime(self) -> Path:
        return self.home / "run"

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            n: v for n, v in os.environ.items() if not n.startswith(("JUPYTER", "JPY_", "JOBS_"))
        }
        return kept | {
            "HOME": str(self.home),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "IPYTHONDIR": str(self.home / "ipython"),
        }

    def start(self) -> None:
        """Start it, with the token of the moment, and wait until it answers."""
        options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
        options += [IPC, f"--JobsExtension.max_cpu={self.cores}", *self.options]
        extensions = "--ServerApp.jpserver_extensions={'jobs_ext': True}"
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_server", extensions, *options],
                cwd=self.work,
                env=self.environment | {"JUPYTER_TOKEN": self.token},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        told = until(self._runtime_file, what="the runtime file of the server")
        self.url = extension_url(told["url"])
        until(self._answers, what="the server to answer")

    def _runtime_file(self) -> dict[str, str] | None:
        assert self.process.poll() is None, (self.home / "server.log").read_text()[-3000:]
        file = self.runtime / f"jpserver-{self.process.pid}.json"
        text = file.read_text() if file.exists() else ""
        return json.loads(text) if text.rstrip().endswith("}") else None  # else it is being written

    def _answers(self) -> bool:
        try:
            return bool(Connection(self.address).info.server)
        except JobsError:
            return False

    @property
    def address(self) -> Address:
        return Address(self.url, token(self.token), "the test")

    def client(self) -> Client:
        return Client(Connection(self.address))

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Cancel what is left, end it in order, wait for its runner and clear up."""
        client = self.client()
        for job in client.jobs(limit=500):
            if job.status not in FINAL:
                job.cancel()
        until(lambda: all(job.status in FINAL for job in client.jobs(limit=500)), what="the jobs")
        client.close()
        self.process.terminate()
        self.process.wait(60)
        until(self._runner_gone, what="the runner to end")
        shutil.rmtree(self.home)

    def _runner_gone(self) -> bool:
        with (self.home / "data" / "jobs_ext" / "runner.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True
