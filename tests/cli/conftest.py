"""The command line in this process, against a real server; and as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobs_ext.cli.main import main
from jobs_ext.client import session
from tests.client.live import LiveServer


@dataclass
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def id(self) -> str:
        return self.out.strip()


@pytest.fixture(scope="session")
def server() -> Iterator[LiveServer]:
    server = LiveServer()
    (server.work / "data.txt").write_text("one two\nthree\n")
    yield server
    server.stop()


@pytest.fixture
def jobs(server, monkeypatch, capsys) -> Callable[..., Said]:
    """Runs a command in the server's folder; it finds the server by its runtime file."""
    monkeypatch.chdir(server.work)
    for name in [n for n in os.environ if n.startswith(("JUPYTER", "JPY_", "JOBS_EXT"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(server.runtime))
    monkeypatch.setattr(session, "_default", None)
    monkeypatch.setattr(session, "_clients", {})

    def run(*words: str) -> Said:
        code = main(words)
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def process(server) -> Callable[..., subprocess.Popen[str]]:
    """Starts a command as a process: the installed one where there is one."""
    installed = Path(sys.executable).with_name("jupyter-jobs")
    command = [str(installed)] if installed.exists() else [sys.executable, "-m", "jobs_ext.cli"]
    environment = {n: v for n, v in os.environ.items() if not n.startswith("J")}
    environment |= {"JUPYTER_RUNTIME_DIR": str(server.runtime)}

    def start(*words: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command, *words],
            cwd=server.work,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    return start
