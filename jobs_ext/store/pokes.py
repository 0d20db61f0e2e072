"""Pokes: one-byte datagrams that say "look at the store now".

A lost poke costs only the time until the next slow look; it never loses data.
"""

from __future__ import annotations

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
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(path))
        self._inode = path.stat().st_ino

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
