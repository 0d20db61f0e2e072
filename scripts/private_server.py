"""A Jupyter server of one's own: private folders, a free port, gone when the block ends."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import requests

T = TypeVar("T")


class ServerFailed(Exception):
    """The server did not start, or did not answer."""


class PrivateServer:
    """A running ``jupyter server`` whose files, jobs and sockets lie below one folder.

    A context manager: when it is left, server, runner and kernel have ended.
    """

    def __init__(
        self, folder: Path, root: Path, python: str = sys.executable, options: tuple[str, ...] = ()
    ) -> None:
        """Take the folder, the server's root, the Python of its environment, more options."""
        self.folder = folder
        self.root = root
        self.python = python
        self.options = options
        self.runtime = folder / "run"
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.token = secrets.token_hex(24)
        self.url = ""
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"token {self.token}"

    def __enter__(self) -> PrivateServer:
        """Start the server and wait until it answers."""
        options = [
            "--no-browser",
            "--ip=127.0.0.1",
            "--port=0",
            f"--ServerApp.root_dir={self.root}",
            *self.options,
        ]
        if os.geteuid() == 0:
            options.append("--allow-root")
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [self.python, "-m", "jupyter_server", *options],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is the demo's; it ends the server in order
            )
        self.url = self._wait(self._url, "the server to start")
        return self

    def __exit__(self, *_exception: object) -> None:
        """Cancel what is unfinished and end the server; the runner ends when nothing is left."""
        if self._process.poll() is None:
            for batch in self.get("jobs-ext/api/v1/batches")["items"]:
                self._ask("POST", f"jobs-ext/api/v1/batches/{batch['id']}/cancel")
            self._process.terminate()
            self._process.wait(timeout=60)
        self._wait(self._runner_gone, "its runner to end")

    def get(self, path: str) -> Any:
        """Return the JSON that the server answers at `path`."""
        return self._ask("GET", path)

    def fetch(self, path: str) -> bytes:
        """Return what the server answers at `path`, as it is."""
        answer = self._session.get(self.url + path, timeout=30)
        answer.raise_for_status()
        return answer.content

    def post(self, path: str, body: object) -> Any:
        """Return the JSON that the server answers to a POST of `body` as JSON."""
        return self._ask("POST", path, body)

    def start_kernel(self, notebook: str) -> Path:
        """Start a session of `notebook` as JupyterLab does; return its kernel's connection file."""
        session = self._ask(
            "POST",
            "api/sessions",
            {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": "python3"}},
        )
        return self.runtime / f"kernel-{session['kernel']['id']}.json"

    def end_kernels(self) -> None:
        """End all kernels of this server."""
        for session in self.get("api/sessions"):
            self._ask("DELETE", f"api/sessions/{session['id']}")

    @contextmanager
    def show_batches(self, every: float = 0.5) -> Iterator[None]:
        """While the block runs, print how far the newest batch is whenever that has changed."""
        over = threading.Event()

        def watch() -> None:
            said, ended = self._batch_line(), False
            while not ended:
                ended = over.wait(every)  # and one look more
                line = self._batch_line()
                if line != said:
                    print(f"    {line}", flush=True)
                    said = line

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _batch_line(self) -> str:
        for batch in self.get("jobs-ext/api/v1/batches?limit=1")["items"]:
            counts = batch["counts"]
            done = counts["SUCCEEDED"] + counts["FAILED"] + counts["CANCELLED"]
            failed = f", {counts['FAILED']} failed" if counts["FAILED"] else ""
            return f"{done} of {batch['n_jobs']} jobs done{failed}"
        return ""

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self._session.request(method, self.url + path, json=body, timeout=30)
        if not answer.ok:
            raise ServerFailed(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    def _wait(self, condition: Callable[[], T | None], what: str, timeout: float = 60) -> T:
        deadline = time.monotonic() + timeout
        while (found := condition()) is None:
            if time.monotonic() > deadline:
                raise ServerFailed(f"waited {timeout:.0f} s for {what}.\n{self._log_tail()}")
            time.sleep(0.1)
        return found

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def _environment(self) -> dict[str, str]:
        mine = {
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            "JUPYTER_DATA_DIR": str(self.data),
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "JUPYTER_TOKEN": self.token,
        }
        return os.environ | mine

    def _url(self) -> str | None:
        if self._process.poll() is not None:
            raise ServerFailed(f"the server ended at once.\n{self._log_tail()}")
        known = self.runtime / f"jpserver-{self._process.pid}.json"
        try:
            url = str(json.loads(known.read_text())["url"])
        except (FileNotFoundError, json.JSONDecodeError):  # the server is still writing it
            return None
        try:
            self._session.get(url + "api", timeout=30)
        except requests.ConnectionError:  # the file is there a moment before it listens
            return None
        return url

    def _runner_gone(self) -> bool | None:
        with (self.data / "jobs_ext" / "runner.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return None
        return True
