"""The C library's own ``posix_spawn``, which lets several threads start programs side by side.

Python's holds its lock until the new process has got a core and loaded its program, so that all
else stands still; and it can't enter a folder, which a process has but one of for all its threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple


class Files(NamedTuple):
    """Where a new process finds itself, and what it has open there besides its parent's."""

    cwd: str
    opened: Sequence[tuple[str, int]]  # paths, and the descriptors they become
    flags: int  # with which
    given: Sequence[tuple[int, int]]  # descriptors of this process, and what they become


_SETSIGDEF, _SETSID = 0x04, 0x80  # POSIX_SPAWN_… of glibc's <spawn.h>
_MODE = 0o600  # of files that are made
_OPAQUE = 1024  # bytes: more than any of its structures has


class Libc:
    """glibc, as far as it is used here."""

    def __init__(self) -> None:
        """Find what is used. Raises `OSError` or `AttributeError` where it is not there."""
        if not os.confstr("CS_GNU_LIBC_VERSION"):  # numbers and structures are glibc's own
            raise OSError("not the GNU C library")
        self._quick = ctypes.PyDLL(None)  # for calls that are over before a lock could change hands
        self._spawn = ctypes.CDLL(None).posix_spawn
        self._enter = self._quick.posix_spawn_file_actions_addchdir_np  # of glibc 2.29
        self._attributes = self._attributes_of_all()

    def _attributes_of_all(self) -> ctypes.Array[ctypes.c_char]:
        attributes, signals = (ctypes.create_string_buffer(_OPAQUE) for _ in range(2))
        self._quick.sigfillset(signals)  # all: which to leave, the system would have to be asked
        _check(self._quick.posix_spawnattr_init(attributes))
        _check(self._quick.posix_spawnattr_setsigdefault(attributes, signals))
        _check(self._quick.posix_spawnattr_setflags(attributes, _SETSIGDEF | _SETSID))
        return attributes

    def start(
        self, path: str, argv: Iterable[str], environment: Collection[bytes], files: Files
    ) -> int:
        """Start a program in a session of its own; return its process id.

        The environment is lines ``NAME=value``, each of them `whole`.

        Raises `OSError`, and `ValueError` for what no program can be given. May be called in
        several threads at once.
        """
        pid = ctypes.c_int()
        program, arguments = _bytes(path), _array([_bytes(one) for one in argv])
        variables = _array(environment)
        with self._actions(files) as actions:
            given = (program, actions, self._attributes, arguments, variables)
            _check(self._spawn(ctypes.byref(pid), *given))
        return pid.value

    @contextlib.contextmanager
    def _actions(self, files: Files) -> Iterator[ctypes.Array[ctypes.c_char]]:
        """Give what the new process does before it loads its program."""
        of, actions = self._quick, ctypes.create_string_buffer(_OPAQUE)
        _check(of.posix_spawn_file_actions_init(actions))
        try:
            for path, number in files.opened:
                given = (number, _bytes(path), files.flags, _MODE)
                _check(of.posix_spawn_file_actions_addopen(actions, *given))
            for ours, number in files.given:
                _check(of.posix_spawn_file_actions_adddup2(actions, ours, number))
            _check(self._enter(actions, _bytes(files.cwd)))
            yield actions
        finally:
            of.posix_spawn_file_actions_destroy(actions)


def find() -> Libc | None:
    """Return the C library of this process, None where it has not what is needed."""
    if sys.platform != "linux":
        return None
    try:
        return Libc()
    except (OSError, AttributeError, ValueError):  # ValueError: there is no such name to ask for
        return None


def _bytes(text: str) -> bytes:
    return whole(os.fsencode(text))


def whole(data: bytes) -> bytes:
    """Return what can be given to a program as a text. Raises `ValueError` for other bytes."""
    if b"\0" in data:
        raise ValueError("embedded null byte")
    return data


def _array(items: Collection[bytes]) -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * (len(items) + 1))(*items, None)


def _check(number: int) -> None:
    if number:
        raise OSError(number, os.strerror(number))
