"""ET Engine's published SDK and command line, unmodified, against a real server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.client.live import LiveServer
from tests.dialects.environments import python_with

SESSION = Path(__file__).with_name("et_engine_session.py")
GREET = """
name = "greet"
description = "Greets."
command = ["sh", "-c", '''
for i in $(seq $times); do echo hello $who; done > greeting
for disk in filesystems/*/; do cp greeting "$disk$who.txt"; done 2> /dev/null
exit $code''']
pass_as = "environment"
[parameters.who]
type = "string"
[parameters.times]
type = "integer"
default = 1
[parameters.code]
type = "integer"
default = 0
"""
#: The command line makes its `Engine` with a base that is fixed: that alone is replaced.
STARTER = """
import sys, et_engine.engine
et_engine.engine.Engine.__init__.__defaults__ = (sys.argv.pop(1),)
from et_engine_cli.main import cli; cli()
"""


@pytest.fixture(scope="module")
def python() -> Path:
    packages = ("et-engine==0.0.1", "et-engine-cli==0.0.1", "et-engine-core==0.0.1")
    return python_with("--ignore-requires-python", *packages)  # they ask for 3.11.9 without need


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    server = LiveServer()
    (server.work / "tools").mkdir()
    (server.work / "tools" / "greet.toml").write_text(GREET)
    yield server
    server.stop()


Run = Callable[..., str]


@pytest.fixture
def run(python: Path, server: LiveServer, tmp_path: Path) -> Run:
    """Run something in the environment of the clients; it gives all that was said."""
    environment = os.environ | {"ET_ENGINE_API_KEY": server.token}

    def run_(*words: str, said: str = "") -> str:
        done = subprocess.run(
            [str(python), *words],
            input=said,
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout

    return run_


@pytest.fixture
def base(server: LiveServer) -> str:
    return f"{server.url.rstrip('/')}/et_engine/v1"


def test_a_session_of_the_sdk(run: Run, base: str) -> None:
    said = run(str(SESSION), base)
    assert said.endswith("done\n"), said[-3000:]


def test_the_command_line(run: Run, base: str, tmp_path: Path) -> None:
    def et(*words: str, said: str = "") -> str:
        return run("-c", STARTER, base, *words, said=said)

    assert "greet | Greets." in et("tools", "list")
    assert '"ready": true' in et("tools", "status", "greet")
    assert "no attribute 'id'" in et("tools", "run", "greet", "who=ada"), "its own defect"
    listed = et("batches", "list")
    assert "1 jobs on tool 'greet'" in listed
    batch = listed.split("[")[1].split("]")[0]
    assert "submitted: " in et("batches", "status", batch)
    assert "Error" not in et("batches", "delete", batch, said="y\n")
    assert "Successfully" in et("batches", "clear")
    assert "shared" in et("filesystems", "create", "shared")
    (tmp_path / "a.txt").write_text("some text" * 3000)
    assert "successfully" in et("filesystems", "upload", "shared", "a.txt", "x/a.txt")
    assert "successfully" in et("filesystems", "download", "shared", "x/a.txt", "b.txt")
    assert (tmp_path / "b.txt").read_text() == (tmp_path / "a.txt").read_text()
    assert "successfully" in et("filesystems", "rm", "shared", "x")
