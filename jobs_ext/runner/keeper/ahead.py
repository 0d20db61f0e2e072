"""Looking ahead: the next attempts in a lane are made ready in the warm parent of the running one.

So each begins with the end of another, and nobody has to be heard, woken and asked in between.
Until then it can be taken back: it has a ticket, which either the keeper takes or who begins it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable

from .attempt import Attempt, Unborn, started_by
from .journal import Journal
from .lanes import Order
from .processes import Process
from .register import Register
from .spawn import opened
from .warm import WarmParents, is_worker

_MOST = 4  # ready for a shared worker; else one, for which a process waits


class Ahead:
    """Who comes next, by lane."""

    def __init__(self, register: Register, journal: Journal, warm: WarmParents) -> None:
        self._register = register
        self._journal = journal
        self._warm = warm
        self._next: dict[str, deque[str]] = {}  # keys, by lane

    def has(self, lane: str, key: str) -> bool:
        """Tell whether an attempt was made ready to follow others in a lane, and did not yet."""
        return key in self._next.get(lane, ())

    def pop(self, lane: str) -> str | None:
        """Return who holds a lane from now on, None when nobody was made ready."""
        if lane not in self._next:
            return None
        key = self._next[lane][0]
        self.drop(lane, key)
        return key

    def drop(self, lane: str, key: str) -> None:
        """Forget one of a lane: it is over, or taken back."""
        self._next[lane].remove(key)
        if not self._next[lane]:
            del self._next[lane]

    def look(self, lane: str) -> None:
        """Make ready who comes next in a lane, if a warm parent runs who holds it."""
        while self._register.lanes.has_more(lane) and self._look(lane):
            pass

    def _look(self, lane: str) -> bool:
        last = self._last(lane)
        if last is None:
            return False
        one = self._register.lanes.follow(lane, lambda one: self._takes(lane, last, one))
        if one is None:
            return False
        key = one.order["key"]
        self._next.setdefault(lane, deque()).append(key)
        unborn = self._register.unborn[key]
        if self._journal.append(unborn.intent):
            self._order(unborn, last)
        return unborn.ticket is not None

    def _last(self, lane: str) -> str | None:
        if lane in self._next:
            return self._next[lane][-1]
        live = list(self._register.live.values())
        running = (a for a in live if a.lane == lane and not a.exited)
        return next((a.key for a in running if a.told is None), None)

    def _takes(self, lane: str, last: str, one: Order) -> bool:
        most = _MOST if is_worker(one.order["parent"]) else 1
        held = one.order.get("memory") is not None  # to that, from when it is born
        if held or len(self._next.get(lane, ())) >= most:
            return False
        if not self._warm.suits_behind(last, one.order, one.environment.values):
            return False
        self._register.intend(one, "ahead")
        return True

    def _order(self, unborn: Unborn, last: str) -> None:
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
                if self._warm.order_behind(last, order, [*files, ticket]):
                    unborn.alive, unborn.ticket = os.dup(files[2]), ticket
        except (OSError, ValueError):  # a cold start will say why
            pass
        finally:
            if unborn.ticket is None:
                os.close(ticket)

    def take_back(self, keys: Iterable[str]) -> list[str]:
        """Take back attempts that have not begun; return those for which it was not too late."""
        wanted = set(keys)
        found = [(lane, key) for lane, keys in self._next.items() for key in keys if key in wanted]
        return [key for lane, key in found if self._take_back(lane, key)]

    def hold(self, lane: str) -> bool:
        """Let nobody follow by itself in a lane; False when somebody just did.

        A worker is stopped by its process, which may be at the next attempt already.
        """
        ready = [key for key in self._next.get(lane, ()) if key in self._register.unborn]
        ones = [self._register.unborn[key].one for key in ready]
        held = [one for one, key in zip(ones, ready, strict=True) if self._take_back(lane, key)]
        self._register.lanes.put_back(lane, held)
        return len(held) == len(ready)

    def claims(self, attempt: Attempt, entry: Process) -> bool:
        """Tell whether a process is of another attempt in the same worker."""
        beside = [one for one in list(self._register.live.values()) if one.pid == attempt.pid]
        others = [(one.key, one.alive) for one in beside if one is not attempt]
        unborn = (self._register.unborn.get(key) for key in self._next.get(attempt.lane, ()))
        orders = (one.one.order for one in unborn if one is not None)
        others += [(order["key"], order["alive"]) for order in orders]
        return any(started_by(entry.pid, *other) for other in others)

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
        self.drop(lane, key)
        return True
