"""The keeper's warm parents: processes that fork attempts (see ``payloads/warm.py``).

There is one for each command and environment, as long as it is used. It costs nothing but time to
lose one: what it has not begun is started cold, and what it has is the keeper's.
"""

from __future__ import annotations

import itertools
import json
import math
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .attempt import Moment
from .turns import turns

UNUSED = 60.0  # seconds without an attempt after which a warm parent ends
_UNUSED_WORKER = 5.0  # … and one that runs them itself
_MOST = 4
_PATIENCE = 30.0  # seconds that an attempt may wait to be forked
_ANSWER = 1 << 18  # bytes at most
#: Where the marks of an attempt are going to stand: as long as a job's id, and any number.
_PLACES = {"JOBS_ID": "-" * 36, "JOBS_ATTEMPT": "-" * 8}
_PROGRAM = Path(__file__).parents[1] / "payloads" / "warm.py"


class Declined(NamedTuple):
    """The attempt was not begun: it is to be started cold."""

    key: str


class Born(NamedTuple):
    """The attempt's process is there, and about to begin."""

    key: str
    pid: int
    start: float  # as in `processes.Process`
    since: Moment


class Reaped(NamedTuple):
    """The attempt's process ended, and was waited for."""

    key: str
    status: int  # as of waitpid
    maxrss: int  # KiB
    cpu: float  # seconds
    at: Moment


News = Declined | Born | Reaped
_Kind = tuple[tuple[str, ...], frozenset[tuple[str, str]], str]


class WarmParent:
    """One of them, and what is known of its children."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.is_worker = is_worker(command)
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, turns.taken():
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
        self._unborn: dict[str, float] = {}  # since when, by key; ever so late when behind another
        self._behind: dict[str, str] = {}  # who begins after whom
        self._taken_back: set[str] = set()  # of those it has not heard yet
        self.under_way: set[str] = set()  # keys
        self._ended: dict[str, tuple[int, Moment]] = {}  # children it has not reaped yet: status

    def order(self, message: dict[str, Any], files: list[int]) -> bool:
        """Ask for an attempt; False when it can't be asked."""
        key, behind = message["key"], message["behind"]
        try:
            socket.send_fds(self.sock, [json.dumps(message).encode()], files)
        except OSError:  # it has ended, or has too much to do
            return False
        self.used = self._unborn[key] = time.monotonic()
        if behind is not None:
            self._unborn[key] = math.inf
            self._behind[behind] = key
        self.under_way.add(key)
        return True

    def take_back(self, key: str) -> None:
        """Say nothing of an attempt that will not be born: its ticket was taken back."""
        self._taken_back.add(key)

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
                return news + [n for key in list(self._unborn) for n in self._declined(key)], True
            for answer in json.loads(data):
                news += self._understand(*answer)

    def _understand(self, what: str, key: str, *more: Any) -> list[News]:
        self.used = time.monotonic()
        match what, more:
            case "born", (pid, start, since):
                self.fruitful = True
                del self._unborn[key]
                return [Born(key, pid, start, Moment(*since))]
            case "ended", (status, at) if key not in self._unborn:
                self._ended[key] = status, Moment(*at)
                self.under_way.discard(key)
                self._turn(key)
            case "reaped", (maxrss, cpu) if key in self._ended:
                status, at = self._ended.pop(key)
                return [Reaped(key, status, maxrss, cpu, at)]
            case "ended" | "declined", _:
                return self._declined(key)
        return []

    def _turn(self, key: str) -> None:
        """Expect the one behind another from now on."""
        behind = self._behind.pop(key, None)
        if behind in self._unborn:
            self._unborn[behind] = self.used

    def _declined(self, key: str) -> list[News]:
        del self._unborn[key]
        self.under_way.discard(key)
        self._turn(key)
        if key not in self._taken_back:
            return [Declined(key)]
        self._taken_back.remove(key)
        return []

    def last_words(self) -> list[News]:
        """Return the ends of children that it had reaped, as far as it got to tell of them."""
        return [Reaped(key, status, 0, 0.0, at) for key, (status, at) in self._ended.items()]

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


def _changed() -> int:
    """Return when the program of warm parents was changed: another version's speaks otherwise."""
    try:
        return _PROGRAM.stat().st_mtime_ns
    except OSError:
        return 0


def is_worker(command: list[str]) -> bool:
    """Tell whether such a process runs attempts itself, one at a time."""
    return command[-2:-1] == ["share"]


def _message(order: dict[str, Any], behind: str | None = None) -> dict[str, Any]:
    """Return what a parent is told of an attempt."""
    first = order["argv"].index(order["parent"][-1]) + 1
    return {
        "key": order["key"],
        "arguments": order["argv"][first:],
        "cwd": order["cwd"],
        "environment": order["environment"],
        "behind": behind,
    }


class WarmParents:
    """All of them. Only where forking is safe: on Linux."""

    def __init__(self) -> None:
        self._parents: dict[_Kind, WarmParent] = {}
        self._leaving: set[WarmParent] = set()  # which get no more orders
        self._barren: dict[_Kind, float] = {}  # until when (monotonic) not to try again
        self._selector = selectors.DefaultSelector()
        self._made_for = _changed()

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
        if not command or sys.platform != "linux" or self._serving(order["key"]):
            return False
        kind = self._kind(order, environment)
        parent = self._parents.get(kind) or self._start(kind, command, environment)
        if parent is None or parent.order(_message(order), files):
            return parent is not None
        self._let_go(kind)
        return False

    def suits_behind(self, key: str, order: dict[str, Any], environment: dict[str, str]) -> bool:
        """Tell whether an attempt has a parent under way that is another's, too."""
        found = self._serving(key)
        if found is None or self._serving(order["key"]):
            return False
        kind, _ = found
        return kind[:2] == (tuple(order["parent"]), frozenset(environment.items()))

    def order_behind(self, key: str, order: dict[str, Any], files: list[int]) -> bool:
        """Ask the parent of an attempt for another, to begin after its end; False if it can't."""
        found = self._serving(key)
        return found is not None and found[1].order(_message(order, behind=key), files)

    def take_back(self, key: str) -> None:
        """Expect no birth of an attempt that was ordered: its ticket was taken back."""
        for parent in [*self._parents.values(), *self._leaving]:
            if key in parent.under_way:
                parent.take_back(key)

    def _serving(self, key: str) -> tuple[_Kind, WarmParent] | None:
        """Return who has an attempt under way, unless it gets no more orders."""
        return next((one for one in self._parents.items() if key in one[1].under_way), None)

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
        if self._barren.get(kind, 0.0) > time.monotonic() or _changed() != self._made_for:
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
