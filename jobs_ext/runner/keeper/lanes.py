"""Lanes: attempts that run one after another, in one place on the machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

from .spawn import Environment


class Order(NamedTuple):
    """An attempt to start, and the environment it shares with others."""

    order: dict[str, Any]
    environment: Environment


class Lanes:
    """Who waits where. A lane is there as long as an attempt holds it."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[str]] = {}  # keys
        self._waiting: dict[str, Order] = {}  # by key

    @property
    def keys(self) -> Iterable[str]:
        """Keys of the attempts that wait."""
        return self._waiting.keys()

    def enter(self, one: Order) -> bool:
        """Tell whether its lane was free, and is held from now on; else the attempt waits there."""
        lane, key = one.order["lane"], one.order["key"]
        if lane not in self._queues:
            self._queues[lane] = deque()
            return True
        self._queues[lane].append(key)
        self._waiting[key] = one
        return False

    def leave(self, lane: str) -> Order | None:
        """Return the attempt that holds the lane next; without one the lane is gone."""
        if self._queues[lane]:
            return self._waiting.pop(self._queues[lane].popleft())
        del self._queues[lane]
        return None

    def withdraw(self, keys: Iterable[str]) -> list[str]:
        """Let these attempts wait no longer; return those that did."""
        gone = [key for key in keys if self._waiting.pop(key, None) is not None]
        for lane, queue in self._queues.items():
            self._queues[lane] = deque(key for key in queue if key in self._waiting)
        return gone
