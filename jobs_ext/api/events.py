"""The WebSocket that tells what changes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..model.errors import JobsError
from .decode import decode_query
from .errors import describe
from .handler import Caller
from .operation import Operation, authorized, describes
from .stream import EventsQuery, Stream

_POLICY = 1008  # the close code of RFC 6455 for a message (here: a request) that is not taken


class EventsSocket(ExtensionHandlerMixin, WebSocketMixin, WebSocketHandler, Caller):
    """``events``: a snapshot, then numbered changes.

    A browser's script can't see why a WebSocket was refused, so what is wrong with the query is
    told in a frame of type ``error`` before the socket closes.
    """

    _task: asyncio.Task[None] | None = None
    _watch: asyncio.Task[None] | None = None  # over the API key that let the client in

    @ws_authenticated
    @authorized("read", resource="jobs_ext:events")
    @describes(
        Operation(
            "Listen to changes (WebSocket)",
            status=101,
            query=EventsQuery,
            media_type="application/websocket",
        )
    )
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the socket."""
        if self.request.headers.get("Upgrade", "").lower() != "websocket":
            raise web.HTTPError(426, "This is a WebSocket.")
        await super().get(*args, **kwargs)

    def open(self, *args: str, **kwargs: str) -> None:
        """Start to send."""
        super().open(*args, **kwargs)
        self.set_nodelay(True)  # else the end of a frame waits until its beginning was acknowledged
        self._task = asyncio.create_task(self._run())
        if self.keyed is not None and self.keyed.key is not None:
            self._watch = asyncio.create_task(self._watch_key())

    def on_message(self, message: str | bytes) -> None:
        """Take nothing: all is said in the query."""

    def on_close(self) -> None:
        """Stop sending."""
        for task in (self._task, self._watch):
            if task is not None:
                task.cancel()

    async def _run(self) -> None:
        with suppress(WebSocketClosedError):
            try:
                self.who.require("read")
                query = decode_query(self.request, EventsQuery)
                await Stream(self.backend, self.who, query, self._send).run()
            except JobsError as error:
                await self._tell(error)
            finally:  # never leave a client waiting at a socket that nobody writes to
                self.close(_POLICY)

    async def _watch_key(self) -> None:
        """Close the socket when its key is revoked, on whichever server, or expires."""
        with suppress(WebSocketClosedError):
            await self._tell(await self.backend.api_keys.end(self.request.headers))
            self.close(_POLICY)

    async def _tell(self, error: JobsError) -> None:
        problem = msgspec.structs.asdict(describe(error, error.http_status))
        frame = {**problem, "type": "error", "error": problem["type"]}
        await self._send(msgspec.json.encode(frame, enc_hook=str))

    async def _send(self, frame: bytes) -> None:
        """Return when the frame is on its way, so that a slow client slows its own stream only."""
        await self.write_message(frame)
