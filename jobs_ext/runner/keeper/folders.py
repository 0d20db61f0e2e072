"""Folders of attempts that left nothing but a few words of log, used again for the next ones.

Making a folder with its files costs a file system more than all else that the keeper does for a
short attempt; renaming one costs a fifth of it. An attempt's folder is its own, under its own name,
for as long as it runs: what it wrote to its logs goes into the journal before the next gets it.
"""

from __future__ import annotations

import fcntl
import os
import stat
import sys
from collections.abc import Mapping
from typing import NamedTuple

_LOGS = ("stdout", "stderr")
_FILES = (*_LOGS, "alive")
FRESH = (*_FILES, "outputs")  # what is in a folder at first
_MOST = 64
_SEALED = 86_399_123_456_789  # nanoseconds: a time that no archive of a job's gives its folder
BEGUN = "\0"  # in the `alive` file of an attempt that began with another's end
LONGEST = 4096  # bytes of a log that is kept in the journal: a file takes as many of the disk


class _Spare(NamedTuple):
    path: str
    filled: list[str]  # names of logs that are not empty


class Folders:
    """Makes folders of attempts, from those of ended ones where there are any; for all threads."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._spares: list[_Spare] = []

    def make(self, path: str) -> None:
        """Make the folder of an attempt: ``outputs`` and its files, all of them empty."""
        try:
            spare = self._spares.pop()
        except IndexError:  # there is none, or another thread took the last one
            spare = None
        if spare is None or not _renew(spare, path):
            _make(path)

    def take(self, path: str) -> dict[str, str] | None:
        """Return the logs of an ended attempt, none of whose processes is left, for its folder.

        None, and the folder stays, when there is more in it, or when any of its logs may still be
        read or written by somebody.
        """
        logs = self.left(path)
        if logs is not None:
            self.keep(path, logs)
        return logs

    def left(self, path: str) -> dict[str, str] | None:
        """Return what `take` does, and leave the folder to who ended."""
        if sys.platform != "linux" or len(self._spares) >= self._most:
            return None
        try:
            if not (_is_untouched(path) and _is_untouched(f"{path}/outputs")):
                return None
            read = {name: _read_alone(f"{path}/{name}") for name in _LOGS}
            if None in read.values() or not _free(path, "alive"):
                return None
        except (OSError, UnicodeDecodeError):  # somebody has it open, or it is no text
            return None
        return {name: read[name] or "" for name in _LOGS}

    def keep(self, path: str, logs: Mapping[str, str]) -> None:
        """Take a folder whose logs, as `left` returned them, are in safety."""
        self._spares.append(_Spare(path, [name for name, text in logs.items() if text]))


def _make(path: str) -> None:
    os.mkdir(path, 0o700)  # noqa: PTH102 - hot, as all here
    os.mkdir(f"{path}/outputs", 0o700)  # noqa: PTH102
    for name in _FILES:
        _make_file(f"{path}/{name}")
    for folder in (path, f"{path}/outputs"):
        seal(folder)


def _make_file(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def seal(folder: str) -> None:
    """Let any entry that comes or goes show from now on."""
    os.utime(folder, ns=(_SEALED, _SEALED))


def _renew(spare: _Spare, path: str) -> bool:
    """Make a folder of one that was used; False when that has been deleted."""
    try:
        os.rename(spare.path, path)  # noqa: PTH104
    except FileNotFoundError:
        return False
    for name in spare.filled:  # closed before it is written: ext4 would flush it at its close else
        os.close(os.open(f"{path}/{name}", os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC))
    return True


def _is_untouched(folder: str) -> bool:
    """Tell whether nothing was put into a folder, taken out, replaced or renamed."""
    status = os.lstat(folder)
    return status.st_mtime_ns == _SEALED and status.st_mode == stat.S_IFDIR | 0o700


def _free(folder: str, name: str) -> bool:
    """Have nobody hold a file, and it empty, if need be by a new one; False when it says more.

    A program that is just being started holds it until it is loaded, as all that the keeper has
    had open meanwhile.
    """
    path = f"{folder}/{name}"
    try:
        said = _read_alone(path)
        if said == BEGUN:  # its end is in the journal
            os.truncate(path, 0)
        return said in ("", BEGUN)
    except BlockingIOError:
        os.unlink(path)  # noqa: PTH108 - hot, as all here
        _make_file(path)
        seal(folder)
        return True


def _read_alone(path: str) -> str | None:
    """Return a short text of which nobody else holds an open file or another name; None: more.

    Raises `BlockingIOError` when somebody has it open.
    """
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(file)
        if status.st_nlink != 1 or status.st_mode != stat.S_IFREG | 0o600:
            return None
        if status.st_size > LONGEST:
            return None
        # The kernel grants a write lease to the only one who has a file open; closing ends it.
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        return os.read(file, LONGEST).decode() if status.st_size else ""
    finally:
        os.close(file)
