"""Reads the event table once for everybody who listens on this server."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from ..model.errors import JobsError
from .shown import Form, Views

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model.job import Event
    from ..service.principal import Principal
    from .backend import Backend

    Listener = Callable[[list[Event]], None]
    Wanted = Callable[[], bool]

SLOW_POLL = 1.0  # seconds between looks when no poke comes: a poke can be lost
FRAME_INTERVAL = 0.05  # seconds between looks: listeners are told 20 times a second at most
_CHUNK = 1000  # events


def _always() -> bool:
    return True


class Feed:
    """The events that one scope may see, in order, each once.

    A scope is an owner's name, or None for everything. What no listener wants is not even read.
    """

    def __init__(self, backend: Backend, scope: str | None) -> None:
        self._backend = backend
        self._scope = scope
        self._turn = asyncio.Lock()
        self.cursor: int | None = None  # seq of the last event passed on
        self.listeners: dict[Listener, Wanted] = {}
        self.views: dict[Form, Views] = {}

    async def read(self) -> None:
        """Pass on what is new; the first time, only find out where to start."""
        async with self._turn:
            events = self._backend.service.events
            if self.cursor is None or not self._is_wanted():
                self.cursor = await self._backend.call(events.head)
                return
            cursor, more = self.cursor, True
            while more:  # the cursor passes what others may see only: it is not looked at again
                new, cursor = await self._backend.call(events.news, cursor, _CHUNK, self._scope)
                self.cursor, more = cursor, len(new) == _CHUNK
                for listener in list(self.listeners) if new else ():
                    listener(new)

    def _is_wanted(self) -> bool:
        return any(wanted() for wanted in self.listeners.values())


class Hub:
    """Wakes at pokes, and slowly without, and lets every feed read on."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._feeds: dict[str | None, Feed] = {}
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Say that there may be something new."""
        self._poked.set()

    def add(self, scope: str | None, listener: Listener, wanted: Wanted = _always) -> Feed:
        """Call `listener` with the events of `scope` from now on, as long as they are `wanted`."""
        feed = self._feeds.setdefault(scope, Feed(self._backend, scope))
        feed.listeners[listener] = wanted
        return feed

    async def listen(self, scope: str | None, listener: Listener) -> int:
        """Call `listener` with every event of `scope` after the one whose seq is returned.

        It may be called with earlier ones too. `leave` must follow, also when this raises.
        """
        feed = self.add(scope, listener)  # before anything is awaited: its feed must not go away
        await feed.read()
        return feed.cursor or 0

    @property
    def cursor(self) -> int | None:
        """The number of the last event passed on to all who listen to everything."""
        feed = self._feeds.get(None)
        return feed.cursor if feed is not None else None

    def views(self, who: Principal, form: Form) -> Views:
        """Return what all listeners of one scope share; only for those who `listen`."""
        views = self._feeds[who.scope].views
        return views.setdefault(form, Views(self._backend, who, form))

    def leave(self, scope: str | None, listener: Listener) -> None:
        """Stop calling `listener`."""
        feed = self._feeds.get(scope)
        if feed is not None:
            feed.listeners.pop(listener, None)
            if not feed.listeners:
                del self._feeds[scope]

    async def run(self) -> None:
        """Read for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wait()
            due = loop.time() + FRAME_INTERVAL  # not later on a busy machine, where looks take long
            for feed in list(self._feeds.values()):
                try:
                    await feed.read()
                except JobsError as error:  # read on when it is back: nothing is lost
                    self._backend.log.debug("events: %s", error)
            await asyncio.sleep(due - loop.time())

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SLOW_POLL):  # Python 3.11's wait_for may lose a cancellation
                await self._poked.wait()
        self._poked.clear()
