"""Starting the main process of an attempt: without a shell, and nothing of ours runs in it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import os
import resource
import signal
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from . import libc

_HOME = "/"  # where the keeper itself stays: it keeps no file system busy
_KEPT = os.O_WRONLY | os.O_APPEND | os.O_CREAT  # for a program to open, and to keep
_APPEND = _KEPT | os.O_CLOEXEC
_LOGS = ("stdout", "stderr")
_ALIVE = 3  # the descriptor of its `alive` file, as an attempt has it
_RESERVED = 16  # files that no start takes from the keeper: it needs some to end what it started
_UNIGNORED = (signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores them, and that is inherited
_libc = libc.find()


class _Program(NamedTuple):
    """What is started, but for the path it is found at."""

    argv: list[str]
    shared: Environment
    own: dict[bytes, bytes]  # variables, which come before those
    cwd: str
    stdout: str
    stderr: str
    alive: int


class Environment:
    """Variables that many attempts have in common, encoded but once."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    @functools.cached_property
    def encoded(self) -> dict[bytes, bytes]:
        """The same as the system takes them. Raises `ValueError` for what it does not take."""
        return _encoded(self.values)

    @functools.cached_property
    def lines(self) -> dict[bytes, bytes]:
        """Each variable by its name as the one text that a program is given. Raises as above."""
        return _lines(self.encoded)


def _encoded(values: Mapping[str, str]) -> dict[bytes, bytes]:
    return {os.fsencode(name): os.fsencode(value) for name, value in values.items()}


def _lines(values: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    return {name: libc.whole(b"%b=%b" % (name, value)) for name, value in values.items()}


def may_start_in_threads() -> bool:
    """Tell whether `spawn` may be called in several threads at once."""
    return _libc is not None


def spawn(order: dict[str, Any], shared: Environment) -> int:
    """Start a program in a session of its own, which holds the lock on its `alive` file.

    Returns the process id of a child. Raises `OSError` or `ValueError` (see `why_not`).
    """
    own = _encoded(order["environment"])
    alive = os.open(order["alive"], _APPEND, 0o600)
    try:
        _hold(alive)
        cwd, stdout, stderr = (order[name] for name in ("cwd", *_LOGS))
        return _execute(_Program(order["argv"], shared, own, cwd, stdout, stderr, alive))
    except OSError:
        _must_be_there(order)
        raise
    finally:
        os.close(alive)


def _must_be_there(order: dict[str, Any]) -> None:
    """Raise `OSError` that names the folder or log which a program can't be given."""
    try:
        os.stat(f"{order['cwd']}/.")  # noqa: PTH116 - not what it is, but whether it can be entered
    except OSError as error:
        raise type(error)(error.errno, error.strerror, order["cwd"]) from None
    for name in _LOGS:
        os.close(os.open(order[name], _APPEND, 0o600))


@contextlib.contextmanager
def opened(order: dict[str, Any]) -> Iterator[tuple[int, int, int]]:
    """Open the attempt's stdout, stderr and `alive`, the last one locked."""
    files: list[int] = []
    try:
        files.extend(os.open(order[name], _APPEND, 0o600) for name in (*_LOGS, "alive"))
        stdout, stderr, alive = files
        _hold(alive)
        yield stdout, stderr, alive
    finally:
        for file in files:
            os.close(file)


def _hold(alive: int) -> None:
    """Lock the `alive` file; raise `OSError` when too few files are left for the keeper itself."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)  # -1: any number
    if 0 < most - _RESERVED <= alive:  # it is the lowest number that was free
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)


def why_not(error: OSError | ValueError, order: dict[str, Any]) -> str:
    """Say why a program could not be started, as a shell would."""
    program = order["argv"][0]
    if isinstance(error, FileNotFoundError) and error.filename == program:
        return f"{program}: {_not_found(program, error.filename2, order['cwd'])}"
    if not isinstance(error, OSError):
        return f"{program!r}: {error}"
    if error.filename == order["cwd"]:
        return f"its folder can't be entered: {order['cwd']}: {error.strerror}"
    hint = _HINTS.get(error.errno or 0, "") if error.filename == program else ""
    return f"{error.filename or program}: {hint}{error.strerror}"


def _not_found(program: str, tried: str | None, cwd: str) -> str:
    """Say what was not found: the program, or what the one that was `tried` needs."""
    if tried and os.path.lexists(path := os.path.join(cwd, tried)):  # noqa: PTH118 - as given
        return _not_found_for(path)
    if "/" not in program and os.path.isfile(f"{cwd}/{program}"):  # noqa: PTH113
        return f"command not found; the one in its folder would be ./{program}"
    return "command not found"


def _not_found_for(path: str) -> str:
    """Say what a program that is there was in want of."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            first = file.readline(256)
    except OSError:  # a link to nothing, or not ours to read
        return "it, or what runs it, was not found"
    if not first.startswith(b"#!"):
        return "it was built for another system: its loader was not found"
    named = first[2:].strip().decode("utf-8", "backslashreplace")
    hint = "; the line ends as in Windows (CR LF)" if first.endswith(b"\r\n") else ""
    return f"the interpreter that its first line names was not found: {named}{hint}"


_HINTS = {
    errno.EAGAIN: "no more processes may run here (ulimit -u, or a container's limit): ",
    errno.EACCES: "it is not executable: ",
    errno.ENOEXEC: "no program of this machine, nor a script that begins with #!: ",
}


def _execute(program: _Program) -> int:
    """Start the first program of that name that can be started, as ``execvp`` does.

    Standard input is the keeper's own, ``/dev/null``.
    """
    name = program.argv[0]
    refused: OSError = FileNotFoundError(2, os.strerror(2), name)
    for path in _candidates(program):
        try:
            return _start(path, program)
        except FileNotFoundError:  # it, or what it needs
            refused = FileNotFoundError(2, os.strerror(2), name, None, path)
        except NotADirectoryError:
            continue
        except OSError as error:
            refused = type(error)(error.errno, error.strerror, name)
            if not isinstance(error, PermissionError):
                break
    raise refused


def _candidates(program: _Program) -> Iterator[str]:
    """Yield where a program may be: at its path, or in the folders of the job's own PATH."""
    name = program.argv[0]
    if "/" in name:
        yield name
        return
    shared = program.shared.encoded.get(b"PATH", os.fsencode(os.defpath))
    folders = program.own.get(b"PATH", shared)
    for folder in os.fsdecode(folders).split(os.pathsep):
        path = f"{folder or '.'}/{name}"
        if os.access(os.path.join(program.cwd, path), os.F_OK):  # noqa: PTH118 - costs less than
            yield path  # an attempt to start it


def _start(path: str, program: _Program) -> int:
    logs = [(program.stdout, 1), (program.stderr, 2)]  # opened there: no other program gets them
    if _libc is not None:
        variables = (program.shared.lines | _lines(program.own)).values()
        files = libc.Files(program.cwd, logs, _KEPT, [(program.alive, _ALIVE)])
        return _libc.start(path, program.argv, variables, files)
    os.chdir(program.cwd)  # there is no other thread that could mind
    try:
        return _start_alone(path, program, logs)
    except NotImplementedError:  # this Python was built for an old C library, without setsid
        return _start_slowly(path, program)
    finally:
        os.chdir(_HOME)


def _start_alone(path: str, program: _Program, logs: list[tuple[str, int]]) -> int:
    opens = [(os.POSIX_SPAWN_OPEN, number, log, _KEPT, 0o600) for log, number in logs]
    return os.posix_spawn(
        path,
        program.argv,
        program.shared.encoded | program.own,
        file_actions=[*opens, (os.POSIX_SPAWN_DUP2, program.alive, _ALIVE)],
        setsid=True,
        setsigdef=_UNIGNORED,
    )


def _start_slowly(path: str, program: _Program) -> int:
    with open(program.stdout, "ab") as stdout, open(program.stderr, "ab") as stderr:  # noqa: PTH123
        child = subprocess.Popen(
            program.argv,
            executable=path,
            env=program.shared.encoded | program.own,
            stdout=stdout,
            stderr=stderr,
            pass_fds=[program.alive],
            start_new_session=True,
        )
    child.returncode = 0  # it is reaped with all others: Popen must not wait for it
    return child.pid
