"""A real JupyterLab server of a test's own, and the notebooks it opens."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import nbformat
import requests
from nbformat.v4 import new_code_cell, new_notebook, new_output

from jobs_ext.model.status import Status
from tests.serving import IPC
from tests.waiting import until

SETTINGS = {
    # no question about news, and notices stay in reach of a slow test
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    "@jupyterlab/docmanager-extension/plugin.jupyterlab-settings": {"autosave": False},
    # a busy machine may take longer than the usual second
    "@jupyterlab/completer-extension/manager.jupyterlab-settings": {"providerTimeout": 60_000},
}

UNFINISHED = "&".join(f"status={status}" for status in Status if not status.final)
NOTHING: dict[str, Any] = {"items": [], "next": None}


class Lab:
    """``jupyter lab`` with every folder it may touch below `folder`; a context manager.

    At this `port`, 0 for any that is free; the next free one where it is taken.
    """

    def __init__(self, folder: Path, options: Sequence[str] = (), port: int = 0) -> None:
        self.root = folder / "root"
        self.token = secrets.token_hex(16)
        self.url = ""
        self._folder = folder
        self._options = options
        self._port = port
        self._ends = ExitStack()

    def __enter__(self) -> Lab:
        self.root.mkdir(parents=True)
        # The paths of the kernels' sockets have to be short.
        self._runtime = self._ends.enter_context(TemporaryDirectory(prefix="jx-lab-"))
        self._write_settings()
        self._start(self._port)
        return self

    def _start(self, port: int) -> None:
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", *self._arguments(port)],
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self.url = until(self._url, what="JupyterLab to start")
        except AssertionError:
            self._stop()
            raise

    def kill(self) -> None:
        """End the server by SIGKILL, as a crash would."""
        self._process.kill()
        self._process.wait(timeout=60)

    def restart(self) -> None:
        """Start the server again where it was."""
        self._start(urlsplit(self.url).port or 0)

    def __exit__(self, *_exception: object) -> None:
        self.end_jobs()
        self._stop()

    def _stop(self) -> None:
        with self._ends:
            self._process.terminate()
            self._process.wait(timeout=60)

    def end_jobs(self) -> None:
        """Cancel what is unfinished, so that nothing outlives the tests."""
        for batches in self._pages("batches?limit=500"):
            for batch in batches:
                self.ask("POST", f"jobs-ext/api/v1/batches/{batch}/cancel")
        for jobs in self._pages(f"jobs?limit=500&{UNFINISHED}"):
            self.ask("POST", "jobs-ext/api/v1/jobs/bulk/cancel", {"ids": jobs})

    def _pages(self, listing: str) -> Iterator[list[str]]:
        """Yield the ids of each page of a listing that is not empty; none without our extension."""
        cursor = ""
        while True:
            page = self.ask("GET", f"jobs-ext/api/v1/{listing}{cursor}") or NOTHING
            if page["items"]:
                yield [one["id"] for one in page["items"]]
            if page["next"] is None:
                return
            cursor = f"&cursor={page['next']}"

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the JSON of the server's answer, None where there is none."""
        headers = {"Authorization": f"token {self.token}"}
        answer = requests.request(method, self.url + path, headers=headers, json=body, timeout=30)
        return answer.json() if answer.ok and answer.content else None

    def write_notebook(self, name: str, *sources: str, raising: Sequence[str] = ()) -> Path:
        """Put a notebook with these code cells into the server's root.

        Those of `raising` may raise, and the next ones run all the same.
        """
        tags = {source: {"tags": ["raises-exception"]} for source in raising}
        cells = [new_code_cell(source, metadata=tags.get(source, {})) for source in sources]
        return self._write(name, cells)

    def write_output(self, name: str, data: dict[str, Any]) -> Path:
        """Put a notebook into the root that already has one output, as if made somewhere else."""
        return self.write_outputs(name, [data])

    def write_outputs(self, name: str, several: list[dict[str, Any]]) -> Path:
        """As `write_output`, a cell for each."""
        made = [[new_output("display_data", data=data)] for data in several]
        return self._write(name, [new_code_cell("job", outputs=one) for one in made])

    def _write(self, name: str, cells: list[Any]) -> Path:
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = self.root / name
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
        return path

    def _write_settings(self) -> None:
        for name, settings in SETTINGS.items():
            file = self._folder / "settings" / name
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps(settings))

    def _arguments(self, port: int) -> list[str]:
        return [
            "--no-browser",
            "--ip=127.0.0.1",
            f"--ServerApp.port={port}",
            IPC,
            "--JobsExtension.max_cpu=2",  # whatever the machine has
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            *(["--allow-root"] if os.geteuid() == 0 else []),
            *self._options,
        ]

    def _environment(self) -> dict[str, str]:
        below = {
            "HOME": "home",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        folders = {name: str(self._folder / folder) for name, folder in below.items()}
        mine = {"JUPYTER_RUNTIME_DIR": self._runtime, "JUPYTER_TOKEN": self.token}
        return os.environ | folders | mine

    def _url(self) -> str | None:
        assert self._process.poll() is None, (self._folder / "server.log").read_text()
        known = Path(self._runtime) / f"jpserver-{self._process.pid}.json"
        text = known.read_text() if known.exists() else ""
        return str(json.loads(text)["url"]) if text.rstrip().endswith("}") else None


def outputs(path: Path) -> list[dict[str, Any]]:
    """Return the data of all outputs of a saved notebook."""
    cells = nbformat.read(path, as_version=4).cells
    return [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
