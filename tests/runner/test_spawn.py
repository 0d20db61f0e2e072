"""How a program is found, started and, where it can't be, what is said; by every way to start."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs_ext.runner.keeper.spawn import Environment, spawn, why_not

Run = Callable[..., str]
NO_INTERPRETER = "the interpreter that its first line names was not found"
NO_PROGRAM = "no program of this machine, nor a script that begins with #!"


@pytest.fixture(params=["libc", "posix_spawn", "Popen"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """All ways: of another C library than GNU's only Python's, of an old one only the last."""
    if request.param != "libc":
        monkeypatch.setattr("jobs_ext.runner.keeper.spawn._libc", None)
    if request.param == "Popen":

        def unable(*_: object, **__: object) -> int:
            raise NotImplementedError("setsid")

        monkeypatch.setattr(os, "posix_spawn", unable)
    return str(request.param)


@pytest.fixture
def run(way: str, tmp_path: Path) -> Iterator[Run]:
    """Start a program and return what it printed, or why it was not started."""

    def run(*argv: str, path: str = os.defpath, cwd: Path = tmp_path, **other: Path) -> str:
        files = {name: tmp_path / name for name in ("stdout", "stderr", "alive")} | other
        for file in files.values():
            file.unlink(missing_ok=True)
        paths = {name: str(file) for name, file in files.items()}
        order: dict[str, Any] = {"argv": list(argv), "cwd": str(cwd), "environment": {}, **paths}
        try:
            pid = spawn(order, Environment({"PATH": path}))
        except (OSError, ValueError) as error:
            return why_not(error, order)
        finally:
            assert Path.cwd() == Path("/")  # it stays in no folder of a job
        os.waitpid(pid, 0)
        return files["stdout"].read_text() + files["stderr"].read_text()

    here = Path.cwd()
    os.chdir("/")
    yield run
    os.chdir(here)


def program(path: Path, text: str, mode: int = 0o755) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_where_and_as_what_it_runs(run: Run, tmp_path: Path) -> None:
    script = "pwd; [ $(ps -o sid= -p $$) = $$ ] && echo leader; readlink /proc/$$/fd/0; echo e >&2"
    assert run("sh", "-c", script) == f"{tmp_path.resolve()}\nleader\n/dev/null\ne\n"


def test_it_holds_its_files_once(run: Run, tmp_path: Path) -> None:
    held = run("sh", "-c", "readlink /proc/$$/fd/*").split()
    ours = [Path(name).name for name in held if name.startswith(str(tmp_path.resolve()))]
    assert sorted(ours) == ["alive", "stderr", "stdout"]


def test_the_first_on_the_jobs_own_path(run: Run, tmp_path: Path) -> None:
    program(tmp_path / "b" / "it", "#!/bin/sh\necho b\n")
    program(tmp_path / "c" / "it", "#!/bin/sh\necho c\n")
    folders = f"{tmp_path}/none:{tmp_path}/b:{tmp_path}/c"
    assert run("it", path=folders) == "b\n"


def test_one_that_may_not_run_is_passed_over(run: Run, tmp_path: Path) -> None:
    program(tmp_path / "b" / "it", "#!/bin/sh\necho b\n", mode=0o644)
    assert run("it", path=f"{tmp_path}/b") == "it: it is not executable: Permission denied"
    program(tmp_path / "c" / "it", "#!/bin/sh\necho c\n")
    assert run("it", path=f"{tmp_path}/b:{tmp_path}/c") == "c\n"


def test_relative_paths_are_seen_from_its_folder(run: Run, tmp_path: Path) -> None:
    program(tmp_path / "b" / "it", "#!/bin/sh\necho b\n")
    assert run("./it", cwd=tmp_path / "b") == "b\n"
    assert run("it", path="b") == "b\n"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["no-such-program"], "no-such-program: command not found"),
        (["/no/such"], "/no/such: command not found"),
        (["/"], "/: it is not executable: Permission denied"),
        (["echo", "a\0b"], "'echo': embedded null byte"),
        (["e\0cho"], "'e\\x00cho': embedded null byte"),
        (["./text"], f"./text: {NO_PROGRAM}: Exec format error"),
        (["./lost"], f"./lost: {NO_INTERPRETER}: /no/such/interpreter"),
        (["text"], "text: command not found; the one in its folder would be ./text"),
        (["pipe"], "pipe: command not found"),
        (["echo", "x" * 3_000_000], "echo: Argument list too long"),
    ],
)
def test_what_cannot_be_started_says_why(
    run: Run, tmp_path: Path, argv: list[str], said: str
) -> None:
    program(tmp_path / "text", "no program\n")
    program(tmp_path / "lost", "#!/no/such/interpreter\n")
    os.mkfifo(tmp_path / "pipe")  # whoever opens it waits
    assert run(*argv) == said


def test_what_one_on_the_path_needs_is_named(run: Run, tmp_path: Path) -> None:
    program(tmp_path / "b" / "lost", "#!/no/such/interpreter\n")
    assert run("lost", path=f"b:{os.defpath}") == f"lost: {NO_INTERPRETER}: /no/such/interpreter"


def test_a_log_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "logs").symlink_to("/no/such")
    said = run("true", stdout=tmp_path / "logs" / "stdout")
    assert said == f"{tmp_path}/logs/stdout: No such file or directory"


def test_a_missing_folder_is_named(run: Run) -> None:
    said = "its folder can't be entered: /no/such: No such file or directory"
    assert run("true", cwd=Path("/no/such")) == said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            BlockingIOError(errno.EAGAIN, "try later", "wc"),
            "wc: no more processes may run here (ulimit -u, or a container's limit): try later",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/logs/stdout"),
            "/logs/stdout: Permission denied",  # not that it can't be executed
        ),
    ],
)
def test_why_not(error: OSError, said: str) -> None:
    assert why_not(error, {"argv": ["wc"], "cwd": "/"}) == said
