"""Starts under way, several side by side: each stands still until its process has got a core.

Which process a start made is known when it returns. The process may have ended, and been waited
for, before that: whatever child ends that nobody knows is kept until every start that could have
made it has returned.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from queue import SimpleQueue
from typing import Any, NamedTuple

from . import processes
from .lanes import Order
from .spawn import may_start_in_threads, spawn

_MOST = 8  # starts side by side


class Exit(NamedTuple):
    """How a child ended."""

    pid: int
    status: int  # as of waitpid
    usage: Any  # as of wait4


class Moment(NamedTuple):
    """When something was: to measure from, and to tell."""

    monotonic: float  # seconds
    time: float  # seconds since the epoch


def present() -> Moment:
    """Return this moment."""
    return Moment(time.monotonic(), time.time())


class Begun(NamedTuple):
    """A program was started."""

    key: str
    pid: int
    start: float  # as in `processes.Process`
    since: Moment  # when that began
    ended: Exit | None  # it was so short that its end was seen first


class Refused(NamedTuple):
    """It could not be started."""

    key: str
    error: OSError | ValueError


class _Returned(NamedTuple):
    key: str
    pid: int
    since: Moment
    before: float | None  # what its `start` would have been before it was made, and after
    after: float | None


class Starts:
    """Starts programs in threads where that can be done, else at once."""

    def __init__(self) -> None:
        processes.start_of_one_made_now()  # finds out how starts are told, before there are threads
        self._threads = _cores() if may_start_in_threads() and processes.lists_children() else 0
        self._orders: SimpleQueue[Order] = SimpleQueue()
        self._returned: deque[_Returned | Refused] = deque()  # threads add to it
        self._under_way: set[str] = set()  # keys
        self._unclaimed: dict[int, tuple[Exit, set[str]]] = {}  # by pid: who may have made it
        for number in range(self._threads):
            threading.Thread(target=self._serve, name=f"start-{number}", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Whether any has not been told of by `done`."""
        return bool(self._under_way)

    def begin(self, one: Order) -> None:
        """Start a program; `done` will tell what became of it."""
        self._under_way.add(one.order["key"])
        if self._threads:
            self._orders.put(one)
        else:
            self._returned.append(_start(one))

    def _serve(self) -> None:
        while True:
            self._returned.append(_start(self._orders.get()))

    def done(self) -> list[Begun | Refused]:
        """Return what became of starts since the last call."""
        return [self._settled(self._returned.popleft()) for _ in range(len(self._returned))]

    def _settled(self, one: _Returned | Refused) -> Begun | Refused:
        ended = self._claimed(one)
        self._under_way.remove(one.key)
        for pid, (_, starts) in list(self._unclaimed.items()):
            starts.discard(one.key)
            if not starts:  # it was somebody's orphan
                del self._unclaimed[pid]
        if isinstance(one, Refused):
            return one
        return Begun(one.key, one.pid, _start_of(one, ended), one.since, ended)

    def _claimed(self, one: _Returned | Refused) -> Exit | None:
        """Return the end of what a start made, if that was seen already."""
        if isinstance(one, Refused) or one.key not in self._unclaimed.get(one.pid, (0, ()))[1]:
            return None
        return self._unclaimed.pop(one.pid)[0]

    def keep(self, child: Exit) -> None:
        """Keep the end of a child that nobody knows: a start under way may have made it."""
        if self._under_way:
            self._unclaimed[child.pid] = (child, set(self._under_way))


def _start(one: Order) -> _Returned | Refused:
    key, since = one.order["key"], present()
    before = processes.start_of_one_made_now()
    try:
        pid = spawn(one.order, one.environment)
    except (OSError, ValueError) as error:
        return Refused(key, error)
    return _Returned(key, pid, since, before, processes.start_of_one_made_now())


def _start_of(one: _Returned, ended: Exit | None) -> float:
    """Return who it is beside its pid; of one that is gone, when that was at the earliest."""
    if one.before is not None and (ended or one.before == one.after):
        return one.before
    entry = processes.find(one.pid)  # it was not waited for: its pid is its own
    return entry.start if entry else 0.0


def _cores() -> int:
    return min(len(os.sched_getaffinity(0)), _MOST)
