"""Starting the main process of an attempt: without a shell, and nothing of ours runs in it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

#: Starts what an order asks for, with what it shares with others; returns the process id of a
#: child, or of a descendant that becomes one. Raises `OSError` or `ValueError` (see `why_not`).
Spawn = Callable[[dict[str, Any], "Environment"], int]

_HOME = "/"  # where the keeper itself stays: it keeps no file system busy
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_UNIGNORED = (signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores them, and that is inherited


class _Streams(NamedTuple):
    stdout: int
    stderr: int


class Environment:
    """Variables that many attempts have in common, encoded but once."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    @functools.cached_property
    def encoded(self) -> dict[bytes, bytes]:
        """The same as the system takes them. Raises `ValueError` for what it does not take."""
        return _encoded(self.values)


def _encoded(values: Mapping[str, str]) -> dict[bytes, bytes]:
    return {os.fsencode(name): os.fsencode(value) for name, value in values.items()}


def spawn(order: dict[str, Any], shared: Environment) -> int:
    """Start a program in a session of its own, which holds the lock on its `alive` file."""
    environment = shared.encoded | _encoded(order["environment"])
    with opened(order) as (stdout, stderr, alive):
        os.set_inheritable(alive, True)  # alone: all other descriptors close on exec
        os.chdir(order["cwd"])  # there is no other thread that could mind
        try:
            return _execute(order["argv"], environment, _Streams(stdout, stderr))
        finally:
            os.chdir(_HOME)


@contextlib.contextmanager
def opened(order: dict[str, Any]) -> Iterator[tuple[int, int, int]]:
    """Open the attempt's stdout, stderr and `alive`, the last one locked."""
    files: list[int] = []
    try:
        names = ("stdout", "stderr", "alive")
        files.extend(os.open(order[name], _APPEND, 0o600) for name in names)
        stdout, stderr, alive = files
        fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield stdout, stderr, alive
    finally:
        for file in files:
            os.close(file)


def why_not(error: OSError | ValueError, order: dict[str, Any]) -> str:
    """Say why a program could not be started, as a shell would."""
    program = order["argv"][0]
    if isinstance(error, FileNotFoundError) and error.filename == program:
        path = os.path.join(order["cwd"], program)  # noqa: PTH118 - as given
        if os.path.lexists(path):
            return f"{program}: {_not_found_for(path)}"
        return f"{program}: command not found"
    if not isinstance(error, OSError):
        return f"{program!r}: {error}"
    if error.filename == order["cwd"]:
        return f"its folder can't be entered: {order['cwd']}: {error.strerror}"
    hint = _HINTS.get(error.errno or 0, "")
    return f"{error.filename or program}: {hint}{error.strerror}"


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
    errno.EACCES: "it is not executable: ",
    errno.ENOEXEC: "no program of this machine, nor a script that begins with #!: ",
}


def _execute(argv: list[str], environment: Mapping[bytes, bytes], streams: _Streams) -> int:
    """Start the first program of that name that can be started, as ``execvp`` does.

    Standard input is the keeper's own, ``/dev/null``.
    """
    refused: OSError = FileNotFoundError(2, os.strerror(2), argv[0])
    for path in _candidates(argv[0], environment):
        try:
            return _start(path, argv, environment, streams)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            refused = type(error)(error.errno, error.strerror, argv[0])
            if not isinstance(error, PermissionError):
                break
    raise refused


def _candidates(program: str, environment: Mapping[bytes, bytes]) -> Iterator[str]:
    """Yield where a program may be: at its path, or in the folders of the job's own PATH."""
    if "/" in program:
        yield program
        return
    folders = environment.get(b"PATH", os.fsencode(os.defpath))
    for folder in os.fsdecode(folders).split(os.pathsep):
        path = f"{folder or '.'}/{program}"
        if os.access(path, os.F_OK):  # costs less than an attempt to start it
            yield path


def _start(
    path: str, argv: list[str], environment: Mapping[bytes, bytes], streams: _Streams
) -> int:
    actions = [(os.POSIX_SPAWN_DUP2, number, to) for to, number in enumerate(streams, start=1)]
    try:
        return os.posix_spawn(
            path, argv, environment, file_actions=actions, setsid=True, setsigdef=_UNIGNORED
        )
    except NotImplementedError:  # this Python was built for an old C library, without setsid
        return _start_slowly(path, argv, environment, streams)


def _start_slowly(
    path: str, argv: list[str], environment: Mapping[bytes, bytes], streams: _Streams
) -> int:
    child = subprocess.Popen(
        argv,
        executable=path,
        env=environment,
        stdout=streams.stdout,
        stderr=streams.stderr,
        close_fds=False,
        start_new_session=True,
    )
    child.returncode = 0  # it is reaped with all others: Popen must not wait for it
    return child.pid
