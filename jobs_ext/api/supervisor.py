"""Sees to it that a runner of this code is there. The runner is detached: it outlives this server.

A runner of an older version is replaced as soon as a server of a newer one sees it; see
`jobs_ext.runner.holder`.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from typing import TYPE_CHECKING

from ..runner.holder import Holder, outdated, this_build
from ..runner.launch import HAND_OVER, ensure_runner, start_runner
from ..store.locks import has_runner

if TYPE_CHECKING:
    from .backend import Backend

_INTERVAL = 2.0  # seconds between looks when no poke comes
_PAUSE = 0.5  # seconds after each look, however often the server is poked
_PATIENCE = 15.0  # seconds for a fresh runner to take its lock, on a busy machine
_STEP = 0.1  # seconds between looks for that
_LONGEST = 60.0  # seconds: the back-off of a runner that dies again and again


class Supervisor:
    """Looks every two seconds, and soon after a poke, and starts a runner where none is."""

    def __init__(self, backend: Backend, options: list[str]) -> None:
        self._backend = backend
        self._options = options
        self._poked = asyncio.Event()
        self._at_start = True  # nothing has been looked at yet
        self._trouble = ""  # what keeps the runner from being started
        self._starts = 0  # in a row: 1 is ordinary, more means that runners die young
        self._not_before = 0.0  # monotonic time: no start is made earlier

    def poke(self) -> None:
        """Say that a runner may be needed now."""
        self._poked.set()

    async def run(self) -> None:
        """Look for ever."""
        while True:
            try:
                await self._look()
                self._trouble = ""
            except OSError as error:  # no room for a process or a file now; there may be later
                self._complain(str(error))
            await asyncio.sleep(_PAUSE)
            await self._wait()

    async def _look(self) -> None:
        """Start or replace a runner where that is needed and its time has come.

        One that is seen alive was a good start, however it ends: its successor starts at once.
        """
        paths = self._backend.service.paths
        if await self._backend.call(has_runner, paths):
            await self._replace()
            return
        if time.monotonic() < self._not_before:
            return
        if not await self._backend.call(ensure_runner, paths, extra_args=self._options):
            return
        self._count_start()
        self._at_start = False
        if self._starts > 1:
            self._backend.log.warning(
                "The runner of jobs has ended; starting it again. See %s.", paths.runner_log
            )
        for _ in range(int(_PATIENCE / _STEP)):
            await asyncio.sleep(_STEP)
            if await self._backend.call(has_runner, paths):
                return

    async def _replace(self) -> None:
        """Let a runner of this code take the place of one of older code."""
        paths = self._backend.service.paths
        at_start, self._at_start = self._at_start, False
        old = await self._backend.call(outdated, paths, at_start=at_start)
        if old is None:
            self._starts, self._not_before = 0, 0.0
            return
        if time.monotonic() < self._not_before:
            return
        self._count_start()  # one that does not let go is asked ever less often
        self._backend.log.info("%s", _replacing(old))
        options = [*self._options, "--replace"]
        await self._backend.call(start_runner, paths, sys.executable, options)
        for _ in range(int(HAND_OVER / _STEP)):
            await asyncio.sleep(_STEP)
            if not await self._backend.call(outdated, paths, at_start=at_start):
                return

    def _complain(self, trouble: str) -> None:
        """Say in the log what keeps the runner from being started, once."""
        if trouble != self._trouble:
            self._backend.log.warning("The runner of jobs can't be started: %s.", trouble)
        self._trouble = trouble

    def _count_start(self) -> None:
        """Let the next start, if this one is none, wait longer than the one before."""
        self._starts += 1
        pause = min(_PAUSE * 4 ** (self._starts - 1), _LONGEST)
        self._not_before = time.monotonic() + pause

    async def _wait(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_INTERVAL):  # Python 3.11's wait_for may lose a cancellation
                await self._poked.wait()
        self._poked.clear()


def _replacing(old: Holder) -> str:
    mine, theirs = this_build().version, old.build.version
    kind = f"version {mine}" if mine != theirs else f"version {mine}, edited"
    return f"The runner of jobs of version {theirs} is replaced by one of {kind}; jobs go on."
