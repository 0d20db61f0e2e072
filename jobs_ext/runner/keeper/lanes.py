"""Lanes: attempts that run one after another, in one place on the machine."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from .spawn import Environment


class Order(NamedTuple):
    """An attempt to start, and the environment it shares with others."""

    order: dict[str, Any]
    environment: Environment


class Lanes:
    """Who waits where. A lane is there as long as an attempt holds it. Threads may share this."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, deque[str]] = {}  # keys
        self._waiting: dict[str, Order] = {}  # by key

    @property
    def keys(self) -> Iterable[str]:
        """Keys of the attempts that wait."""
        return self._waiting.keys()

    def enter(self, one: Order) -> bool:
        """Tell whether its lane was free, and is held from now on; else the attempt waits there."""
        lane, key = one.order["lane"], one.order["key"]
        with self._lock:
            if lane not in self._queues:
                self._queues[lane] = deque()
                return True
            self._waiting[key] = one
            self._queues[lane].append(key)
            return False

    def has_more(self, lane: str) -> bool:
        """Tell whether any waits in a lane that is held."""
        return bool(self._queues[lane])

    def follow(self, lane: str, take: Callable[[Order], bool]) -> Order | None:
        """Return who holds the lane next, unless nobody waits, or `take` refuses: it stays held.

        What `take` does with an order is done before the order waits no longer.
        """
        with self._lock:
            queue = self._queues[lane]
            if not queue or not take(self._waiting[queue[0]]):
                return None
            return self._waiting.pop(queue.popleft())

    def leave(self, lane: str) -> Order | None:
        """Return the attempt that holds the lane next; without one the lane is gone."""
        with self._lock:
            if self._queues[lane]:
                return self._waiting.pop(self._queues[lane].popleft())
            del self._queues[lane]
            return None

    def put_back(self, lane: str, ones: list[Order]) -> None:
        """Let attempts that `follow` gave out wait again, ahead of all others in a lane."""
        with self._lock:
            for one in reversed(ones):
                self._waiting[one.order["key"]] = one
                self._queues[lane].appendleft(one.order["key"])

    def withdraw(self, keys: Iterable[str]) -> list[str]:
        """Let these attempts wait no longer; return those that did."""
        with self._lock:
            gone = [key for key in keys if self._waiting.pop(key, None) is not None]
            for lane, queue in self._queues.items():
                self._queues[lane] = deque(key for key in queue if key in self._waiting)
            return gone
