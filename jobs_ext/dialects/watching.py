"""WebSockets at the paths of routes: what happens to one job, as frames of the dialect's own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from jupyter_server.base.websocket import WebSocketMixin
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..model.errors import JobsError

if TYPE_CHECKING:
    from ..model.job import Event
    from ..service import Principal

_POLICY = 1008  # the close code of RFC 6455 for what is not taken any more
_MOST = 10_000  # events that wait for a client who reads slowly, or not at all


class Watch(Protocol):
    """What a route's `watch` returns: the frames that tell of a job; they are sent as JSON."""

    job: str  # the id of the job that is watched

    def greeting(self) -> list[object]:
        """Return the frames that a client gets first."""

    def frames(self, events: Sequence[Event]) -> list[object]:
        """Return the frames that tell of events of the job, which come in order, each once."""


class Watching(WebSocketMixin, WebSocketHandler):
    """Part of a handler that answers a request to upgrade with a WebSocket, all others as usual."""

    backend: Any
    who: Principal
    keyed: Any
    _watch: Watch
    _tasks: tuple[asyncio.Task[None], ...] = ()

    @property
    def is_upgrade(self) -> bool:
        """Whether the client wants a WebSocket."""
        return self.request.headers.get("Upgrade", "").lower() == "websocket"

    async def prepare(self, **options: bool) -> None:
        """Do as a handler without WebSockets does: nobody is ever sent to a page to log in."""
        rest: Any = super(WebSocketMixin, self)
        await rest.prepare(**options)

    def check_origin(self, origin: str | None = None) -> bool:
        """Ask for the origin of a WebSocket more strictly: browsers let any page open one."""
        if self.is_upgrade or origin is not None:
            allowed: bool = super().check_origin(origin)
            return allowed
        rest: Any = super(WebSocketHandler, self)
        usual: bool = rest.check_origin("")
        return usual

    async def watch(self, watch: Watch, parts: Sequence[str]) -> None:
        """Open the socket."""
        self._watch = watch
        await WebSocketHandler.get(self, *parts)

    def open(self, *args: str, **kwargs: str) -> None:
        """Begin to tell."""
        super().open(*args, **kwargs)
        self.set_nodelay(True)  # else the end of a message waits for an answer to its beginning
        self._tasks = (asyncio.create_task(self._tell()),)
        if self.keyed is not None and self.keyed.key is not None:
            self._tasks += (asyncio.create_task(self._guard()),)

    def on_message(self, message: str | bytes) -> None:
        """Take nothing: the path says it all."""

    def on_close(self) -> None:
        """Stop telling."""
        for task in self._tasks:
            task.cancel()

    async def _tell(self) -> None:
        """Send frames until the client has gone."""
        hub, scope, news = self.backend.hub, self.who.scope, asyncio.Queue[Any]()

        def note(events: list[Event]) -> None:
            for event in events:
                if event.job == self._watch.job:
                    news.put_nowait(event)
            if news.qsize() > _MOST:  # it may come again, and is told first where the job stands
                self._tasks[0].cancel()

        with suppress(WebSocketClosedError, JobsError):
            try:
                await hub.listen(scope, note)
                await self._send(await self.backend.call(self._watch.greeting))
                while True:
                    events = [await news.get()]
                    events += [news.get_nowait() for _ in range(news.qsize())]
                    await self._send(await self.backend.call(self._watch.frames, events))
            finally:  # never leave a client waiting at a socket that nobody writes to
                hub.leave(scope, note)
                self.close(_POLICY)

    async def _send(self, frames: list[object]) -> None:
        for frame in frames:
            await self.write_message(msgspec.json.encode(frame))

    async def _guard(self) -> None:
        """Close the socket when the key that opened it holds no more."""
        await self.backend.api_keys.end(self.request.headers)
        self.close(_POLICY)
