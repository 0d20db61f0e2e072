"""The keeper's loop: one socket, one message per line, everything else is in `attempts`.

Messages to the keeper (JSON objects, one per line)::

    {"do": "environment", "name": …, "values": {…}}   for later spawns on this line
    {"do": "forget-environments"}
    {"do": "spawn", "attempts": [
        {key, lane, argv, parent, cwd, folder, stdout, stderr, alive, memory, shared,
         environment}]}
    {"do": "kill", "key": …, "grace": seconds, "told": {"code": …, "sentence": …}}
    {"do": "withdraw", "keys": […]}   → {"event": "withdrawn", "keys": [those that waited]}
    {"do": "list"}   → {"event": "attempts", "protocol": …, "instance": …, "live": [keys],
                        "journal": size}
    {"do": "rotate", "offset": …}   drop from the journal what lies before and is over
    {"do": "stop-when-idle"}

Attempts of one lane run one after another; those that wait there are live, too. `folder` is made
by the keeper; null: it is there.

From the keeper, to everyone: ``{"event": "journal"}`` whenever the journal grew. What
became of an order is read in the journal and nowhere else.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from . import PROTOCOL
from .attempts import Attempts
from .journal import Journal
from .spawn import Environment

IDLE = 30.0  # seconds without attempts and connections after which the keeper ends
_LOOK = 2.0  # seconds between two looks at the socket's file
_SEND_TIME = 5.0  # seconds that a reader may be stuck before it is dropped
_QUIET = 0.02  # seconds between two notices of a journal that grows all the time
_CALM = 0.01  # seconds until it is tried again to let somebody in
_GREW = b'{"event":"journal"}\n'


class Connection:
    """One client and what it told us: the environments that its spawns share."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.environments: dict[str, Environment] = {}
        self._unread = b""

    def lines(self) -> list[bytes] | None:
        """Return the complete lines that came, None at the end of the connection."""
        try:
            data = self.sock.recv(1 << 18)
        except ConnectionError:
            return None
        if not data:
            return None
        *lines, self._unread = (self._unread + data).split(b"\n")
        return lines


class Keeper:
    """Listens, and drives `Attempts` and `Journal`."""

    def __init__(self, path: Path, instance: str, attempts: Attempts, journal: Journal) -> None:
        self._path = path
        self._listener = listen(path)
        self._path_due = 0.0  # monotonic: when to see whether the socket's file is still there
        self._instance = instance
        self._attempts = attempts
        self._journal = journal
        self._connections: set[Connection] = set()
        self._selector = selectors.DefaultSelector()
        self._last_use = time.monotonic()
        self._quiet_until = 0.0  # monotonic
        self._stop_when_idle = False
        self._heeds_children = False

    def run(self) -> None:
        """Serve until idle."""
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        wakeup = self._listen_to_signals()
        self._selector.register(self._attempts, selectors.EVENT_READ, lambda _: None)
        told = self._attempts.wakeup
        self._selector.register(told, selectors.EVENT_READ, lambda _: os.read(told, 4096))
        self._heed_children(True)
        patience = 0.0
        while not self._finished():
            for key, _ in self._selector.select(patience):
                key.data(key.fileobj) if key.fileobj is not wakeup else wakeup.recv(4096)
            self._heed_children(not self._attempts.running)
            self._attempts.reap()
            patience = self._tick()
            self._notify()
        self._journal.close()

    def _listen_to_signals(self) -> socket.socket:
        """Wake for exited children. Handlers, not SIG_IGN: an ignored signal would be inherited."""
        wakeup, sender = socket.socketpair()
        wakeup.setblocking(False)
        sender.setblocking(False)
        signal.set_wakeup_fd(sender.detach(), warn_on_full_buffer=False)
        asides = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGIO)  # IO: see `folders`
        for number in asides:
            signal.signal(number, _wake)
        signal.signal(signal.SIGTERM, self._end_soon)
        self._selector.register(wakeup, selectors.EVENT_READ)
        return wakeup

    def _heed_children(self, heed: bool) -> None:
        """Wake for exited children or not: those of runs come by the thousand, for others to take.

        Until they are heeded again they are looked for now and then.
        """
        if heed is not self._heeds_children:
            signal.signal(signal.SIGCHLD, _wake if heed else signal.SIG_DFL)
            self._heeds_children = heed

    def _end_soon(self, *_: object) -> None:
        self._stop_when_idle = True

    def _tick(self) -> float:
        """Do what is due; return the seconds until something else will be."""
        due = [self._attempts.tick(), self._journal.tick(), self._stay_reachable()]
        due.append(_QUIET if self._journal.grew else None)  # it may not have been told
        return min([IDLE, *(seconds for seconds in due if seconds is not None)])

    def _stay_reachable(self) -> float:
        """Listen anew when someone removed the socket's file; return the seconds to the next look.

        Runtime directories are cleared, at a logout for one; the next runner must find us.
        """
        now = time.monotonic()
        if now >= self._path_due:
            self._path_due = now + _LOOK
            if not self._path.exists():
                with contextlib.suppress(OSError):  # then at the next look
                    self._listen_again()
        return self._path_due - now

    def _listen_again(self) -> None:
        fresh = listen(self._path)
        self._selector.unregister(self._listener)
        self._listener.close()
        self._listener = fresh
        self._selector.register(fresh, selectors.EVENT_READ, self._accept)

    def _finished(self) -> bool:
        if self._attempts.busy or not self._journal.complete:
            self._last_use = time.monotonic()
            return False
        if self._stop_when_idle:
            return True
        return not self._connections and time.monotonic() - self._last_use >= IDLE

    def _notify(self) -> None:
        """Say that the journal grew. While attempts wait in lanes, news come by the thousand."""
        if not self._journal.grew:
            return
        present = time.monotonic()
        if self._attempts.queueing and present < self._quiet_until:
            return
        self._quiet_until = present + _QUIET
        self._journal.grew = False
        for connection in list(self._connections):
            self._nudge(connection)

    def _accept(self, listener: socket.socket) -> None:
        try:
            sock, _ = listener.accept()
        except OSError:  # who called has hung up, or no more files may be open: it waits
            time.sleep(_CALM)
            return
        sock.setblocking(False)
        connection = Connection(sock)
        self._stop_when_idle = False  # a new runner has come
        self._connections.add(connection)
        self._selector.register(sock, selectors.EVENT_READ, lambda _: self._read(connection))

    def _read(self, connection: Connection) -> None:
        self._last_use = time.monotonic()
        lines = connection.lines()
        if lines is None:
            self._drop(connection)
            return
        try:
            for line in lines:
                self._obey(connection, json.loads(line))
        except (ValueError, KeyError, TypeError) as error:  # not one of our runners
            print(f"dropped a client: {error!r}", file=sys.stderr, flush=True)  # noqa: T201 - the log
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        with contextlib.suppress(KeyError):
            self._connections.remove(connection)
            self._selector.unregister(connection.sock)
            connection.sock.close()

    def _nudge(self, connection: Connection) -> None:
        """Say that the journal grew, unless the line is full of such notices, all unread.

        A message this short is sent as a whole or not at all.
        """
        try:
            connection.sock.send(_GREW)
        except BlockingIOError:
            return
        except ConnectionError:
            self._drop(connection)

    def _send(self, connection: Connection, message: dict[str, Any]) -> None:
        connection.sock.settimeout(_SEND_TIME)
        try:
            connection.sock.sendall(_encoded(message))
            connection.sock.setblocking(False)
        except OSError:
            self._drop(connection)

    def _obey(self, connection: Connection, message: dict[str, Any]) -> None:
        match message["do"]:
            case "spawn":
                for order in message["attempts"]:
                    self._attempts.spawn(order, connection.environments[order["shared"]])
            case "environment":
                connection.environments[message["name"]] = Environment(message["values"])
            case "forget-environments":
                connection.environments.clear()
            case "kill":
                self._attempts.stop(message["key"], message["grace"], message["told"])
            case "withdraw":
                gone = self._attempts.withdraw(message["keys"])
                self._send(connection, {"event": "withdrawn", "keys": gone})
            case "list":
                self._send(connection, self._state())
            case "rotate":
                self._rotate(message["offset"])
            case "stop-when-idle":
                self._stop_when_idle = True

    def _rotate(self, offset: int) -> None:
        if self._journal.rotate(offset, self._attempts.records()):
            self._attempts.forget_ended()

    def _state(self) -> dict[str, Any]:
        live = self._attempts.live
        self._journal.write()  # whoever is not live has its end in the file
        return {
            "event": "attempts",
            "protocol": PROTOCOL,
            "instance": self._instance,
            "live": live,
            "journal": self._journal.size,
        }


def _wake(*_: object) -> None:
    """Handle a signal by nothing: that it came wakes the loop."""


def _encoded(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def listen(path: Path) -> socket.socket:
    """Return a listening socket at `path`, which only this user can reach."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(16)
    return listener
