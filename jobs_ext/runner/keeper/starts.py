"""Starts under way, several side by side: each stands still until its process has got a core.

Which process a start made is known when it returns. The process may have ended, and been waited
for, before that: whatever child ends that nobody knows is kept until every start that could have
made it has returned.

Some stand still for good: a file system that does not answer holds whoever looks into it. They hold
up nobody else for long, and can be ended. Others are refused since the machine lacks something that
comes back when something else ends: they are begun again for a while.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import threading
import time
from collections import deque
from queue import SimpleQueue
from typing import Any, NamedTuple

from . import processes
from .lanes import Order
from .spawn import may_start_in_threads, spawn

_MOST = 8  # starts side by side
_MOST_STUCK = 64  # … when some stand still
_STUCK = 1.0  # seconds without any that returned after which there is one more thread
_LOOK = 0.005  # seconds between two looks at what became of them
_PASSING = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE})
_PATIENCE = 30.0  # seconds within which one that is refused for such a want is begun again
_PAUSE = 0.25  # seconds until then


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


class _Wait(NamedTuple):
    until: float  # monotonic: when it is begun again
    refused: Refused  # why it was not yet


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
        self._threads = 0
        self._orders: SimpleQueue[Order] = SimpleQueue()
        self._returned: deque[_Returned | Refused] = deque()  # threads add to it
        self._under_way: dict[str, Order] = {}  # by key
        self._served: dict[str, int] = {}  # by key: which thread serves it; threads add to it
        self._kill_at: dict[str, float] = {}  # by key: monotonic
        self._give_up: dict[str, float] = {}  # by key: monotonic; of those that were refused
        self._waits: dict[str, _Wait] = {}  # by key
        self._stuck_at = 0.0  # monotonic: if none has returned by then
        self._unclaimed: dict[int, tuple[Exit, set[str]]] = {}  # by pid: who may have made it
        if may_start_in_threads() and processes.lists_children():
            for _ in range(_cores()):
                self._add_thread()

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
            self._returned.append(_start(one))

    def _serve(self) -> None:
        while True:
            one = self._orders.get()
            self._served[one.order["key"]] = threading.get_native_id()
            self._returned.append(_start(one))

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
        """Kill what its thread is making of an order: of its children the one with that file."""
        thread, alive = self._served.get(key), self._under_way[key].order["alive"]
        for pid in processes.children(os.getpid(), thread) if thread else ():
            entry = processes.find(pid)
            if entry is not None and processes.holds(pid, os.path.realpath(alive)):
                processes.send(entry, signal.SIGKILL)

    def done(self) -> list[Begun | Refused]:
        """Return what became of starts since the last call."""
        if self._returned:
            self._stuck_at = time.monotonic() + _STUCK
        news = [self._returned.popleft() for _ in range(len(self._returned))]
        return [self._settled(one) for one in news if not self._waits_now(one)]

    def _waits_now(self, one: _Returned | Refused) -> bool:
        """Tell whether it was refused for a want that may pass, and let it be begun again then."""
        if isinstance(one, _Returned) or getattr(one.error, "errno", None) not in _PASSING:
            return False
        now = time.monotonic()
        give_up = self._give_up.setdefault(one.key, now + _PATIENCE)
        if one.key in self._kill_at or give_up <= now:
            return False
        self._waits[one.key] = _Wait(now + _PAUSE, one)
        self._disclaim(one.key)  # its next try may be given the pid of any of them
        return True

    def _settled(self, one: _Returned | Refused) -> Begun | Refused:
        ended = self._claimed(one)
        del self._under_way[one.key]
        self._served.pop(one.key, None)
        self._kill_at.pop(one.key, None)
        self._give_up.pop(one.key, None)
        self._disclaim(one.key)
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
        makers = self._under_way.keys() - self._waits.keys()
        if makers:
            self._unclaimed[child.pid] = (child, makers)

    def _disclaim(self, key: str) -> None:
        """Forget the ends of children that only this start could have made."""
        for pid, (_, starts) in list(self._unclaimed.items()):
            starts.discard(key)
            if not starts:  # it was somebody's orphan
                del self._unclaimed[pid]


def _start(one: Order) -> _Returned | Refused:
    key, since = one.order["key"], present()
    before = processes.start_of_one_made_now()
    try:
        pid = spawn(one.order, one.environment)
    except (OSError, ValueError) as error:
        return Refused(key, error)
    except MemoryError:  # its thread goes on
        return Refused(key, OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)))
    return _Returned(key, pid, since, before, processes.start_of_one_made_now())


def _start_of(one: _Returned, ended: Exit | None) -> float:
    """Return who it is beside its pid; of one that is gone, when that was at the earliest."""
    if ended:  # and was waited for: its pid may be another's by now
        return one.before or 0.0
    if one.before is not None and one.before == one.after:
        return one.before
    entry = processes.find(one.pid)  # it was not waited for: its pid is its own
    return entry.start if entry else 0.0


def _cores() -> int:
    return min(len(os.sched_getaffinity(0)), _MOST)
