"""The courier: a thread of the runner that tells whom it should, so that no job waits for that."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable

from ..model.errors import DiskFull, StoreUnavailable
from ..service.outbox import Message, Outbox, Tried

_AT_ONCE = 8  # deliveries under way
_AT_ONE_PLACE = 2
_TOLERATED = 3  # failures in a row of one place, until it is spared for a while
_LONGEST_REST = 300.0  # seconds
_PAUSE = 0.05  # seconds after each round, however often it is woken
_FAREWELL = 1.0  # seconds at the end for what is under way
_RETRY = 2.0  # seconds after the store could not be reached
_PATIENCE = 900.0  # seconds for which a runner without other work stays because something is due
_log = logging.getLogger(__name__)


class Courier:
    """Delivers what the outbox holds; `deliver` is called in threads of their own."""

    def __init__(self, outbox: Outbox, deliver: Callable[[Message], Tried]) -> None:
        self._outbox = outbox
        self._deliver = deliver
        self._wake = threading.Event()
        self._ending = False
        self._under_way: dict[int, str] = {}  # delivery → its place
        self._ends: queue.SimpleQueue[Tried] = queue.SimpleQueue()
        self._tried: list[Tried] = []  # not noted yet
        self._places = _Places()
        self._next: float | None = None  # epoch: when something is due
        self._waits = False  # after its last round: whether something is under way or will be due
        self._since = time.monotonic()  # when something was last delivered or found
        self._news = 1  # how often it was told that there is something new; at first there may be
        self._seen = 0  # how many of these it has looked after
        self._wake.set()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()

    def poke(self, *, news: bool) -> None:
        """Let it look; with `news` something has happened, and it is busy until it has looked."""
        self._news += news
        self._wake.set()

    @property
    def busy(self) -> bool:
        """Whether something is to be told soon, and there was success of late.

        In the middle of a round what waits is as it was before: else the runner could end there.
        """
        waits = self._waits or self._seen < self._news
        return waits and time.monotonic() - self._since < _PATIENCE

    def close(self) -> None:
        """Stop, soon; what is under way then is due again."""
        self._ending = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending:
            self._wake.wait(self._patience())
            self._wake.clear()
            self._look()
            time.sleep(_PAUSE)
        self._farewell()

    def _look(self) -> None:
        news, seen = self._news, self._seen
        try:
            self._round()
            seen = news
        except (StoreUnavailable, DiskFull) as error:
            _log.warning("nobody is told for now: %s", error)
            self._next = time.time() + _RETRY
        self._waits = bool(self._under_way) or self._next is not None
        self._seen = seen

    def _farewell(self) -> None:
        """Wait a little for what is under way, so that it need not be told once more."""
        end = time.monotonic() + _FAREWELL
        while self._under_way and (left := end - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                self._tried.append(self._ends.get(timeout=left))
            try:
                self._note_ends()
            except (StoreUnavailable, DiskFull) as error:
                _log.warning("what was told is told once more: %s", error)
                return

    def _patience(self) -> float | None:
        return None if self._next is None else max(0.0, self._next - time.time())

    def _round(self) -> None:
        self._note_ends()
        if not self._outbox.collect():  # as a rule: nothing else need be looked at
            self._next = None
            return
        spared = self._places.spared(Counter(self._under_way.values()))
        room = _AT_ONCE - len(self._under_way)
        if room > 0:
            for message in self._outbox.due(_AT_ONCE * 2, spared):
                self._begin(message)
        self._look_ahead()

    def _note_ends(self) -> None:
        """Note what became of deliveries; those count as under way until that is on disk."""
        while not self._ends.empty():
            self._tried.append(self._ends.get())
        self._outbox.settle(self._tried)
        for tried in self._tried:
            place = self._under_way.pop(tried.pk)
            self._places.note(place, good=tried.error is None or tried.final)
            if tried.error is None:
                self._since = time.monotonic()
            else:
                _log.info("a notification was not delivered: %s", tried.error)
        self._tried = []

    def _begin(self, message: Message) -> None:
        at_place = Counter(self._under_way.values())[message.place]
        full = len(self._under_way) >= _AT_ONCE or at_place >= _AT_ONE_PLACE
        if message.pk in self._under_way or full:
            return
        self._under_way[message.pk] = message.place
        threading.Thread(target=self._try, args=[message], name="delivery", daemon=True).start()

    def _try(self, message: Message) -> None:
        tried = Tried(message.pk, "it failed in a way that nobody foresaw")
        try:
            tried = self._deliver(message)
        finally:
            self._ends.put(tried)
            self._wake.set()

    def _look_ahead(self) -> None:
        """Find out when there is something to do without being woken."""
        self._next = None
        if self._outbox.next_due([]) is None:
            return
        found = self._outbox.next_due(self._places.spared(Counter(self._under_way.values())))
        if found is not None and found <= time.time() and self._under_way:
            found = time.time() + 1.0  # it is under way: its end wakes us
        rests = self._places.next_end()
        self._next = min((t for t in (found, rests) if t is not None), default=None)


class _Places:
    """Which places do not answer, and are spared for a while."""

    def __init__(self) -> None:
        self._failures: Counter[str] = Counter()  # in a row
        self._rests: dict[str, float] = {}  # epoch: until when

    def note(self, place: str, *, good: bool) -> None:
        """Learn from a try."""
        if good:
            del self._failures[place]
            self._rests.pop(place, None)
            return
        self._failures[place] += 1
        more = self._failures[place] - _TOLERATED
        if more >= 0:
            self._rests[place] = time.time() + min(_LONGEST_REST, 2.0**more)

    def spared(self, under_way: Counter[str]) -> list[str]:
        """Return the places that get nothing now: they rest, or have enough to do."""
        present = time.time()
        self._rests = {
            place: end for place, end in self._rests.items() if present < end < present + 900
        }
        full = [place for place, number in under_way.items() if number >= _AT_ONE_PLACE]
        return [*self._rests, *full]

    def next_end(self) -> float | None:
        """Return when (epoch) the next rest ends."""
        return min(self._rests.values(), default=None)
