"""Who is there: every attempt of the keeper, from its order to the end of its last process.

An attempt waits in its lane, is unborn, and lives. The first thread and those that run lanes (see
`runs`) lead it from one to the next, and enter it there before it leaves where it was. Whoever
reads does so in the same direction, and misses nobody; each step is one operation of a dict.
"""

from __future__ import annotations

import socket

from . import processes
from .attempt import Attempt, Moment, Unborn
from .journal import Journal, Record
from .lanes import Lanes, Order

_STARTS_HELD = 0.005  # seconds that the news of a start may wait for that of the end


class Register:
    """All attempts, and what the journal says of those that are not over."""

    def __init__(self, journal: Journal, known: set[str]) -> None:
        self._journal = journal
        self._known = known  # every key there was an intent for: none is spawned twice
        self._host = socket.gethostname()
        self.lanes = Lanes()
        self.unborn: dict[str, Unborn] = {}  # by key, as all
        self.live: dict[str, Attempt] = {}

    @property
    def keys(self) -> list[str]:
        """Keys of the attempts that are not over yet, those that wait in a lane included."""
        waiting, unborn = list(self.lanes.keys), list(self.unborn)
        return list(dict.fromkeys([*self.live, *unborn, *waiting]))

    @property
    def busy(self) -> bool:
        """Whether there are any."""
        return bool(self.lanes.keys or self.unborn or self.live)

    def has(self, key: str) -> bool:
        """Tell whether an attempt is not over yet."""
        return key in self.lanes.keys or key in self.unborn or key in self.live

    def ran(self, key: str) -> bool:
        """Tell whether an attempt of that key was ever begun."""
        return key in self._known

    def records(self) -> list[Record]:
        """Return the journal's records of the attempts that have begun."""
        unborn = list(self.unborn.values())
        begun = [record for attempt in list(self.live.values()) for record in attempt.records]
        return begun + [one.intent for one in unborn]

    def forget_ended(self) -> None:
        """Forget the keys of ended attempts: the store has them, nobody will send them again."""
        known = set(self._known)
        self._known -= known.difference(list(self.unborn), list(self.live))

    def intend(self, one: Order, how: str = "intent") -> Unborn:
        """Enter an attempt that is going to be started; its intent is not in the journal yet."""
        key = one.order["key"]
        unborn = self.unborn[key] = Unborn(one, {"event": how, "key": key})
        self._known.add(key)
        return unborn

    def take_back(self, key: str) -> None:
        """Forget an attempt that was made ready and does not begin by this order."""
        del self.unborn[key]
        self._known.discard(key)

    def born(self, key: str, pid: int, start: float, since: Moment) -> Attempt:
        """Enter the process of an attempt that is still unborn, begun at `since`."""
        unborn = self.unborn[key]
        lane, alive, folder = (unborn.one.order[name] for name in ("lane", "alive", "folder"))
        record: Record = {
            "event": "started",
            "key": key,
            "pid": pid,
            "start": start,
            "monotonic": since.monotonic,
            "time": since.time,
            "boot": processes.boot_id(),
            "host": self._host,
        }
        records = [unborn.intent, record]
        attempt = Attempt(key, lane, pid, start, alive, folder, records, since.monotonic)
        self.live[key] = attempt
        return attempt

    def tell_born(self, attempt: Attempt) -> None:
        """Hold the record of a start for the journal; the attempt is unborn no longer."""
        self._journal.hold(attempt.records[-1], _STARTS_HELD)
        del self.unborn[attempt.key]
