"""Looking ahead: the next attempt in a lane is made ready in the warm parent of the one that runs.

So it begins with the end of that, and nobody has to be heard, woken and asked in between. Until it
begins it can be taken back: it has a ticket, which either the keeper takes or who would begin it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from .attempt import Unborn
from .journal import Journal
from .lanes import Order
from .register import Register
from .spawn import opened
from .warm import WarmParents


class Ahead:
    """Who comes next, by lane; at most one in each."""

    def __init__(self, register: Register, journal: Journal, warm: WarmParents) -> None:
        self._register = register
        self._journal = journal
        self._warm = warm
        self._next: dict[str, str] = {}  # keys, by lane

    def has(self, lane: str, key: str) -> bool:
        """Tell whether an attempt is the next one in a lane that another holds."""
        return self._next.get(lane) == key

    def pop(self, lane: str) -> str | None:
        """Return who holds a lane from now on, None when nobody was made ready."""
        return self._next.pop(lane, None)

    def look(self, lane: str) -> None:
        """Make ready who comes next in a lane, if a warm parent runs who holds it."""
        if lane in self._next or not self._register.lanes.has_more(lane):
            return
        live = list(self._register.live.values())
        running = next((a.key for a in live if a.lane == lane and not a.exited), None)
        if running is None:
            return
        one = self._register.lanes.follow(lane, lambda one: self._takes(running, one))
        if one is None:
            return
        key = self._next[lane] = one.order["key"]
        unborn = self._register.unborn[key]
        if self._journal.append(unborn.intent):
            self._order(unborn, running)

    def _takes(self, running: str, one: Order) -> bool:
        held = one.order.get("memory") is not None  # to that, from when it is born
        if held or not self._warm.suits_behind(running, one.order, one.environment.values):
            return False
        self._register.intend(one, "ahead")
        return True

    def _order(self, unborn: Unborn, running: str) -> None:
        """Order an attempt; if that fails, it is begun like any other when its time comes."""
        order = unborn.one.order
        try:
            ticket, writer = os.pipe()
        except OSError:
            return
        os.write(writer, b".")
        os.close(writer)
        try:
            with opened(order) as files:
                if self._warm.order_behind(running, order, [*files, ticket]):
                    unborn.alive, unborn.ticket = os.dup(files[2]), ticket
        except (OSError, ValueError):  # a cold start will say why
            pass
        finally:
            if unborn.ticket is None:
                os.close(ticket)

    def take_back(self, keys: Iterable[str]) -> list[str]:
        """Take back attempts that have not begun; return those for which it was not too late."""
        wanted = set(keys)
        found = [(lane, key) for lane, key in self._next.items() if key in wanted]
        return [key for lane, key in found if self._take_back(lane, key)]

    def _take_back(self, lane: str, key: str) -> bool:
        unborn = self._register.unborn.get(key)
        if unborn is None:
            return False
        if unborn.ticket is not None:
            if not os.read(unborn.ticket, 1):
                return False
            unborn.unlock()
            self._warm.take_back(key)
        self._register.take_back(key)
        del self._next[lane]
        return True
