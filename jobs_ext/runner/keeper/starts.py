"""Starts under way, several side by side: each stands still until its process has got a core.

Which process a start made is known when it returns, and that is when it is first waited for: it may
have ended long before.

Some stand still for good: a file system that does not answer holds whoever looks into it. They hold
up nobody else for long, and can be ended. Others are refused since the machine lacks something that
comes back when something else ends: they are begun again for a while.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import signal
import threading
import time
from collections import deque
from queue import SimpleQueue
from typing import NamedTuple

from . import processes
from .attempt import Moment, present
from .lanes import Order
from .spawn import may_start_in_threads, spawn
from .turns import turns

_MOST = 8  # starts side by side
_MOST_STUCK = 64  # … when some stand still
_STUCK = 1.0  # seconds without any that returned after which there is one more thread
_LOOK = 0.005  # seconds between two looks at what became of them
_PASSING = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})
_PATIENCE = 30.0  # seconds within which one that is refused for such a want is begun again
_PAUSE = 0.25  # seconds until then


class Begun(NamedTuple):
    """A program was started."""

    key: str
    pid: int
    start: float  # as in `processes.Process`
    since: Moment  # when that began


class Refused(NamedTuple):
    """It could not be started."""

    key: str
    error: OSError | ValueError


class _Wait(NamedTuple):
    until: float  # monotonic: when it is begun again
    refused: Refused  # why it was not yet


class Starts:
    """Starts programs in threads where that can be done, else at once."""

    def __init__(self) -> None:
        processes.start_of_one_made_now()  # finds out how starts are told, before there are threads
        self._threads = 0
        self._orders: SimpleQueue[Order] = SimpleQueue()
        self._returned: deque[Begun | Refused] = deque()  # threads add to it
        self._under_way: dict[str, Order] = {}  # by key
        self._served: dict[str, int] = {}  # by key: which thread serves it; threads add to it
        self._kill_at: dict[str, float] = {}  # by key: monotonic
        self._give_up: dict[str, float] = {}  # by key: monotonic; of those that were refused
        self._waits: dict[str, _Wait] = {}  # by key
        self._stuck_at = 0.0  # monotonic: if none has returned by then
        if self.side_by_side:
            for _ in range(_cores()):
                self._add_thread()

    @functools.cached_property
    def side_by_side(self) -> bool:
        """Whether programs are started in threads here."""
        return may_start_in_threads() and processes.lists_children()

    def _add_thread(self) -> None:
        threading.Thread(target=self._serve, name=f"start-{self._threads}", daemon=True).start()
        self._threads += 1

    @property
    def busy(self) -> bool:
        """Whether any has not been told of by `done`."""
        return bool(self._under_way)

    def begin(self, one: Order) -> None:
        """Start a program; `done` will tell what became of it."""
        if not self._under_way:
            self._stuck_at = time.monotonic() + _STUCK
        self._under_way[one.order["key"]] = one
        self._go(one)

    def _go(self, one: Order) -> None:
        if self._threads:
            self._orders.put(one)
        else:
            self._returned.append(_outcome(one))

    def _serve(self) -> None:
        turns.take()
        while True:
            one = self._orders.get()
            self._served[one.order["key"]] = threading.get_native_id()
            self._returned.append(_outcome(one))

    def stop(self, key: str, grace: float) -> None:
        """End one that has not loaded its program within `grace` seconds: it hears no SIGTERM."""
        if key in self._under_way:
            self._kill_at.setdefault(key, time.monotonic() + grace)
        if key in self._waits:  # there is nothing to end
            self._returned.append(self._waits.pop(key).refused)

    def tick(self) -> float | None:
        """End those that were to; return the seconds until the next call, None when all is done."""
        now = time.monotonic()
        for key in [key for key, due in self._kill_at.items() if due <= now]:
            self._kill(key)
        for key in [key for key, wait in self._waits.items() if wait.until <= now]:
            del self._waits[key]
            self._go(self._under_way[key])
        stand = len(self._under_way) > len(self._waits)
        if stand and 0 < self._threads < _MOST_STUCK and self._stuck_at <= now:
            self._stuck_at = now + _STUCK
            with contextlib.suppress(RuntimeError):  # no more threads may run here
                self._add_thread()
        return _LOOK if stand else self._next_try(now)

    def _next_try(self, now: float) -> float | None:
        return min((wait.until - now for wait in self._waits.values()), default=None)

    def _kill(self, key: str) -> None:
        if key in self._served:
            kill_unloaded(self._served[key], self._under_way[key].order["alive"])

    def done(self) -> list[Begun | Refused]:
        """Return what became of starts since the last call."""
        if self._returned:
            self._stuck_at = time.monotonic() + _STUCK
        news = [self._returned.popleft() for _ in range(len(self._returned))]
        settled = [one for one in news if not self._waits_now(one)]
        for one in settled:
            self._forget(one.key)
        return settled

    def _waits_now(self, one: Begun | Refused) -> bool:
        """Tell whether it was refused for a want that may pass, and let it be begun again then."""
        if isinstance(one, Begun) or getattr(one.error, "errno", None) not in _PASSING:
            return False
        now = time.monotonic()
        give_up = self._give_up.setdefault(one.key, now + _PATIENCE)
        if one.key in self._kill_at or give_up <= now:
            return False
        self._waits[one.key] = _Wait(now + _PAUSE, one)
        return True

    def _forget(self, key: str) -> None:
        del self._under_way[key]
        self._served.pop(key, None)
        self._kill_at.pop(key, None)
        self._give_up.pop(key, None)


def start(one: Order) -> Begun:
    """Start a program, which must not be waited for meanwhile.

    Raises `OSError` or `ValueError` (see `spawn.why_not`). May be called in several threads at once
    where they may start programs at all.
    """
    since, before = present(), processes.start_of_one_made_now()
    try:
        pid = spawn(one.order, one.environment)
    except MemoryError:  # its thread goes on
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)) from None
    if before is None or before != processes.start_of_one_made_now():
        before = _start_of(pid)
    return Begun(one.order["key"], pid, before, since)


def _start_of(pid: int) -> float:
    """Return who a child is that was not waited for: its pid is its own."""
    while True:
        try:
            entry = processes.find(pid)
        except OSError:  # no more files may be open for a moment; it is there all the same
            time.sleep(_LOOK)
        else:
            return entry.start if entry else 0.0


def kill_unloaded(thread: int, alive: str) -> None:
    """Kill what a thread is making: of its children the one with that `alive` file."""
    for pid in processes.children(os.getpid(), thread):
        entry = processes.find(pid)
        if entry is not None and processes.holds(pid, os.path.realpath(alive)):
            processes.send(entry, signal.SIGKILL)


def _outcome(one: Order) -> Begun | Refused:
    try:
        return start(one)
    except (OSError, ValueError) as error:
        return Refused(one.order["key"], error)


def _cores() -> int:
    return min(len(os.sched_getaffinity(0)), _MOST)
