"""Pokes: one-byte datagrams that say "look at the store now".

A lost poke costs only the time until the next slow look; it never loses data.
"""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Literal

from .paths import Paths

Reader = Literal["runner", "servers"]


def send_pokes(paths: Paths, to: Reader) -> None:
    """Wake the runner, or every server of this data directory. Never waits, never fails."""
    targets = [paths.runner_socket] if to == "runner" else paths.sockets.glob("server-*.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for target in targets:
            try:
                sender.sendto(b"!", str(target))
            except ConnectionRefusedError:  # left by a process that was killed
                target.unlink(missing_ok=True)
            except OSError:  # nobody there, or it has been poked enough already
                continue


class PokeReceiver:
    """The receiving end: a socket to wait on beside other things."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._socket = _listen(path)
        self._inode = path.stat().st_ino

    def stay_reachable(self) -> None:
        """Listen anew, by another descriptor, when someone removed the socket's file.

        Runtime directories are cleared, at a logout for one; without its file, pokes are lost.
        What can't be done now is done at a later call.
        """
        if self._path.exists():
            return
        with contextlib.suppress(OSError):
            fresh = _listen(self._path)
            self._socket.close()
            self._socket, self._inode = fresh, self._path.stat().st_ino

    def fileno(self) -> int:
        """Return the descriptor, for ``select`` or an event loop's ``add_reader``."""
        return self._socket.fileno()

    def drain(self) -> int:
        """Take all waiting pokes and return how many there were."""
        count = 0
        while True:
            try:
                self._socket.recv(16)
            except BlockingIOError:
                return count
            count += 1

    def close(self) -> None:
        """Stop listening, and remove the socket unless a successor has taken its name."""
        self._socket.close()
        try:
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        except FileNotFoundError:
            pass


def _listen(path: Path) -> socket.socket:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.bind(str(path))
    return made
