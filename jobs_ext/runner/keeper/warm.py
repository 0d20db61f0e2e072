"""The keeper's warm parents: processes that fork attempts (see ``payloads/warm.py``).

There is one for each command and environment, as long as it is used. It costs nothing but time to
lose one: what it has not begun is started cold, and what it has is the keeper's.
"""

from __future__ import annotations

import itertools
import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

UNUSED = 60.0  # seconds without an attempt after which a warm parent ends
_UNUSED_WORKER = 5.0  # … and one that runs them itself
_MOST = 4
_PATIENCE = 30.0  # seconds that an attempt may wait to be forked
_ANSWER = 4096  # bytes at most
#: Where the marks of an attempt are going to stand: as long as a job's id, and any number.
_PLACES = {"JOBS_ID": "-" * 36, "JOBS_ATTEMPT": "-" * 8}


class Declined(NamedTuple):
    """The attempt was not begun: it is to be started cold."""

    key: str


class Born(NamedTuple):
    """The attempt's process is there, and about to begin."""

    key: str
    pid: int
    start: float  # as in `processes.Process`


class Reaped(NamedTuple):
    """The attempt's process ended, and was waited for."""

    key: str
    status: int  # as of waitpid
    maxrss: int  # KiB
    cpu: float  # seconds


News = Declined | Born | Reaped
_Kind = tuple[tuple[str, ...], frozenset[tuple[str, str]], str]


class WarmParent:
    """One of them, and what is known of its children."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.is_worker = is_worker(command)
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                cwd="/",
                env=environment | _PLACES,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.sock.setblocking(False)
        self.pid = self._process.pid
        self.used = time.monotonic()
        self.fruitful = False  # it has forked something
        self.reaped = False
        self._unborn: dict[str, float] = {}  # since when, by key
        self.under_way: set[str] = set()  # keys
        self._ended: dict[str, int] = {}  # wait statuses of children it has not reaped yet

    def order(self, message: dict[str, Any], files: list[int]) -> bool:
        """Ask for an attempt; False when it can't be asked."""
        try:
            socket.send_fds(self.sock, [json.dumps(message).encode()], files)
        except OSError:  # it has ended, or has too much to do
            return False
        self.used = self._unborn[message["key"]] = time.monotonic()
        self.under_way.add(message["key"])
        return True

    def read(self) -> tuple[list[News], bool]:
        """Return what it and its children said, and whether that was the last of it."""
        news: list[News] = []
        while True:
            try:
                data = self.sock.recv(_ANSWER)
            except BlockingIOError:
                return news, False
            except ConnectionResetError:  # it left orders unread: what it said comes after this
                continue
            if not data:
                return news + [Declined(key) for key in self._unborn], True
            news += self._understand(*json.loads(data))

    def _understand(self, what: str, key: str, *more: Any) -> list[News]:
        self.used = time.monotonic()
        match what:
            case "born":
                self.fruitful = True
                del self._unborn[key]
                return [Born(key, *more)]
            case "ended" if key not in self._unborn:
                self._ended[key] = more[0]
                self.under_way.discard(key)
            case "reaped" if key in self._ended:
                return [Reaped(key, self._ended.pop(key), *more)]
            case "ended" | "declined":
                del self._unborn[key]
                self.under_way.discard(key)
                return [Declined(key)]
        return []

    def last_words(self) -> list[News]:
        """Return the ends of children that it had reaped, as far as it got to tell of them."""
        return [Reaped(key, status, 0, 0.0) for key, status in self._ended.items()]

    def is_stuck(self, now: float) -> bool:
        """Tell whether an attempt waits for too long."""
        return any(since + _PATIENCE < now for since in self._unborn.values())

    def is_idle(self, now: float) -> bool:
        """Tell whether it was not used for long."""
        patience = _UNUSED_WORKER if self.is_worker else UNUSED
        idle = not self.under_way if self.is_worker else not self._unborn
        return idle and self.used + patience < now

    def kill(self) -> None:
        """End it at once; its children go on."""
        self._process.kill()

    def was_reaped(self) -> None:
        """Note that it was waited for, with all other children of this process."""
        self._process.returncode = 0
        self.reaped = True


def is_worker(command: list[str]) -> bool:
    """Tell whether such a process runs attempts itself, one at a time."""
    return command[-2] == "share"


class WarmParents:
    """All of them. Only where forking is safe: on Linux."""

    def __init__(self) -> None:
        self._parents: dict[_Kind, WarmParent] = {}
        self._leaving: set[WarmParent] = set()  # which get no more orders
        self._barren: dict[_Kind, float] = {}  # until when (monotonic) not to try again
        self._selector = selectors.DefaultSelector()

    def fileno(self) -> int:
        """Return a descriptor that is readable when there is news."""
        return self._selector.fileno()

    @property
    def pids(self) -> set[int]:
        """Process ids: these are children of the keeper that belong to no attempt."""
        everyone = [*self._parents.values(), *self._leaving]
        return {parent.pid for parent in everyone if not parent.reaped}

    def order(self, order: dict[str, Any], environment: dict[str, str], files: list[int]) -> bool:
        """Ask for an attempt; False when it must be started cold."""
        command = order["parent"]
        if not command or sys.platform != "linux":
            return False
        kind = self._kind(order, environment)
        message = {
            "key": order["key"],
            "arguments": order["argv"][order["argv"].index(command[-1]) + 1 :],
            "cwd": order["cwd"],
            "environment": order["environment"],
        }
        parent = self._parents.get(kind) or self._start(kind, command, environment)
        if parent is None or parent.order(message, files):
            return parent is not None
        self._let_go(kind)
        return False

    def _kind(self, order: dict[str, Any], environment: dict[str, str]) -> _Kind:
        """Return which parent serves an order; of a batch's workers the first that is free."""
        made = (tuple(order["parent"]), frozenset(environment.items()))
        if not is_worker(order["parent"]):
            return (*made, "")
        batch = order["environment"].get("JOBS_BATCH", order["key"])
        kinds: Iterator[_Kind] = ((*made, f"{batch}/{place}") for place in itertools.count())
        return next(kind for kind in kinds if self._is_free(kind))

    def _is_free(self, kind: _Kind) -> bool:
        return kind not in self._parents or not self._parents[kind].under_way

    def _start(
        self, kind: _Kind, command: list[str], environment: dict[str, str]
    ) -> WarmParent | None:
        if self._barren.get(kind, 0.0) > time.monotonic():
            return None
        used = {kind: one.used for kind, one in self._parents.items() if not one.is_worker}
        if len(used) >= _MOST and not is_worker(command):
            self._let_go(min(used, key=used.__getitem__))
        try:
            parent = WarmParent(command, environment)
        except (OSError, ValueError):  # a cold start will say why
            return None
        self._parents[kind] = parent
        self._selector.register(parent.sock, selectors.EVENT_READ, parent)
        return parent

    def _let_go(self, kind: _Kind) -> None:
        """Give a parent no more orders; it ends when it has done what it was asked for."""
        parent = self._parents.pop(kind)
        self._leaving.add(parent)
        if not parent.fruitful:
            self._barren[kind] = time.monotonic() + UNUSED
        parent.sock.shutdown(socket.SHUT_WR)

    def news(self) -> list[News]:
        """Return what happened since the last call."""
        news: list[News] = []
        if not self._parents and not self._leaving:
            return news
        for key, _ in self._selector.select(0):
            parent: WarmParent = key.data
            said, last = parent.read()
            news += said
            if last:
                self._ended(parent)
        for parent in [one for one in self._leaving if one.reaped and one.sock.fileno() < 0]:
            self._leaving.remove(parent)
            news += parent.last_words()
        return news

    def _ended(self, parent: WarmParent) -> None:
        """Forget a parent of which neither it nor an unborn child is left to say anything."""
        for kind in [kind for kind, one in self._parents.items() if one is parent]:
            self._let_go(kind)
        self._selector.unregister(parent.sock)
        parent.sock.close()

    def was_reaped(self, pid: int) -> None:
        """Hear of a child of this process that has been waited for."""
        for parent in [*self._parents.values(), *self._leaving]:
            if parent.pid == pid:
                parent.was_reaped()

    def tick(self) -> float | None:
        """End those that are not used, or hang; return the seconds until the next call is due."""
        now = time.monotonic()
        for kind in [kind for kind, one in self._parents.items() if one.is_idle(now)]:
            self._let_go(kind)
        for parent in [*self._parents.values(), *self._leaving]:
            if parent.is_stuck(now):
                parent.kill()
        self._barren = {kind: until for kind, until in self._barren.items() if until > now}
        return _UNUSED_WORKER if self._parents else None
