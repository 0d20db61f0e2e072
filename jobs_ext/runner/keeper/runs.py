"""Runs: a thread for each lane in which attempts queue up, which starts them and waits for them.

So the time between two short attempts is that of a few calls: nobody has to be woken. A thread goes
on as long as all is as it is most of the time: the attempt was begun, was not told to stop, and
nothing is left of it. Everything else it leaves to the first thread, and its lane with it.

A thread's own children are waited for by that thread alone, each by its pid.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple

from .attempt import Attempt, Exit, Stop, present, waited_for
from .folders import Folders
from .journal import Journal
from .lanes import Order
from .register import Register
from .starts import kill_unloaded, start
from .turns import turns

_LOOK = 0.01  # seconds between two looks of the first thread while attempts queue up
_MOST = 64  # threads


class Unstarted(NamedTuple):
    """It could not be started: it is to be begun as all others are, which may say why."""

    key: str


class Unmade(NamedTuple):
    """Its intent or its folder could not be written; what became of it is to be told."""

    key: str
    error: OSError | None  # of the folder; None: it is the journal that can't be written


class Ended(NamedTuple):
    """Its main process has ended; what is left, or why it was stopped, is to be looked at."""

    attempt: Attempt
    how: Exit


class Left(NamedTuple):
    """Nobody follows in the lane whom a run could start."""

    lane: str


class ToStop(NamedTuple):
    """It was to be stopped while it was started; nobody waits for its end."""

    attempt: Attempt
    stop: Stop


News = Unstarted | Unmade | Ended | Left | ToStop


class Runs:
    """All of them. Only where programs may be started in threads."""

    def __init__(
        self,
        register: Register,
        journal: Journal,
        folders: Folders,
        may_run: Callable[[Order], bool],
        is_alone: Callable[[], bool],
    ) -> None:
        """Take what the threads share, and two questions, which are asked in them.

        `may_run`: whether a run may start that attempt. `is_alone`: whether nothing is there that
        ended attempts have left.
        """
        self._register = register
        self._journal = journal
        self._folders = folders
        self._may_run = may_run
        self._is_alone = is_alone
        self._orders: SimpleQueue[Order] = SimpleQueue()
        self._news: deque[News] = deque()  # threads add to it
        self._served: dict[str, int] = {}  # by key: the thread that starts it
        self._kill_at: dict[str, float] = {}  # by key: monotonic
        self._threads = 0
        self._under_way = 0
        self.wakeup, self._waker = os.pipe()  # to wake the first thread
        os.set_blocking(self._waker, False)

    @property
    def busy(self) -> bool:
        """Whether attempts queue up in any; one that has but its last attempt only waits."""
        return self._under_way > 0 and bool(self._register.lanes.keys)

    def begin(self, one: Order) -> bool:
        """Start an attempt, which is unborn, and those that follow it; False when that can't be."""
        if not self._may_run(one) or not self._has_thread():
            return False
        self._under_way += 1
        self._orders.put(one)
        return True

    def _has_thread(self) -> bool:
        """See to a thread that is free."""
        if self._under_way < self._threads:
            return True
        if self._threads >= _MOST:
            return False
        try:
            threading.Thread(target=self._serve, name=f"run-{self._threads}", daemon=True).start()
        except RuntimeError:  # no more threads may run here
            return False
        self._threads += 1
        return True

    def news(self) -> list[News]:
        """Return what the threads leave to the first one."""
        news = [self._news.popleft() for _ in range(len(self._news))]
        self._under_way -= len(news)  # each is the end of a run
        return news

    def stop(self, key: str, grace: float) -> None:
        """End one that has not loaded its program within `grace` seconds: it hears no SIGTERM."""
        self._kill_at.setdefault(key, time.monotonic() + grace)

    def tick(self) -> float | None:
        """End those that were to; return the seconds until the next call, None when none is due."""
        now = time.monotonic()
        for key, due in list(self._kill_at.items()):
            unborn, thread = self._register.unborn.get(key), self._served.get(key)
            if unborn is None:
                del self._kill_at[key]
            elif thread is not None and due <= now:
                kill_unloaded(thread, unborn.one.order["alive"])
        return _LOOK if self.busy or self._kill_at else None

    def _serve(self) -> None:
        turns.take()
        while True:
            one: Order | None = self._orders.get()
            while one is not None:
                one = self._run(one)

    def _run(self, one: Order) -> Order | None:
        """Start an attempt and wait for its end; return the one that follows it."""
        attempt = self._start(one)
        if attempt is None:
            return None
        how = waited_for(attempt.pid)
        if attempt.told is not None or not self._is_alone():
            self._tell(Ended(attempt, how))
            return None
        record = attempt.exit_record(how, present(), leftover=False)
        if attempt.folder and how.status == 0:
            record["logs"] = self._folders.take(attempt.folder)
        self._journal.hold(record)
        del self._register.live[attempt.key]
        return self._follow(attempt.lane)

    def _start(self, one: Order) -> Attempt | None:
        key = one.order["key"]
        self._served[key] = threading.get_native_id()
        try:
            begun = start(one)
        except (OSError, ValueError):
            self._tell(Unstarted(key))
            return None
        finally:
            del self._served[key]
        unborn = self._register.unborn[key]
        attempt = self._register.born(key, begun.pid, begun.start, begun.since)
        self._register.tell_born(attempt)
        if unborn.stop is not None:
            self._tell(ToStop(attempt, unborn.stop))
            return None
        if not self._register.lanes.has_more(attempt.lane):  # maybe nobody looks now and then
            self._wake()
        return attempt

    def _follow(self, lane: str) -> Order | None:
        """Write the intent of the next attempt, with all that is held, and make its folder."""
        one = self._register.lanes.follow(lane, self._take)
        if one is None:
            self._journal.write()
            self._tell(Left(lane))
            return None
        key, folder = one.order["key"], one.order["folder"]
        if not self._journal.append(self._register.unborn[key].intent):
            self._tell(Unmade(key, None))
            return None
        try:
            if folder is not None:
                self._folders.make(folder)
        except OSError as error:
            self._tell(Unmade(key, error))
            return None
        return one

    def _take(self, one: Order) -> bool:
        if self._may_run(one):
            self._register.intend(one)
            return True
        return False

    def _tell(self, news: News) -> None:
        self._news.append(news)
        self._wake()

    def _wake(self) -> None:
        """Let the first thread see to news and journal at once."""
        with contextlib.suppress(BlockingIOError):  # it was woken thousands of times already
            os.write(self._waker, b".")
