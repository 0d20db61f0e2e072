"""Waiting without hammering the server, interruptible without harm to the job."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from jobs_ext.model.quantities import show_duration

from . import display
from .errors import StillRunning, WaitTimeout
from .progressline import progress_line

if TYPE_CHECKING:
    from .batch import Batch
    from .client import Client
    from .job import Job

_FIRST, _LAST = 0.01, 1.0  # seconds between two questions
_GROWTH = 1.2  # so an end is heard of a tenth of the time later that it took, on average
_OFTEN = 0.05  # seconds between two questions in the last second of a timeout


class Pause:
    """A pause before the next question, of `seconds`; call it to take it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> None:
        """Sleep."""
        time.sleep(self.seconds)


def pauses(timeout: float | None) -> Iterator[Pause]:
    """Yield ever longer pauses, at least one, until `timeout` seconds are over."""
    end = None if timeout is None else time.monotonic() + timeout
    seconds = _FIRST
    while True:
        left = seconds if end is None else end - time.monotonic()
        yield Pause(max(0.0, min(seconds, left)))
        if end is not None and time.monotonic() >= end:
            return
        seconds = min(seconds * _GROWTH, _LAST)


def patiences(timeout: float | None, longest: int) -> Iterator[int]:
    """Yield for how many seconds each question may wait for its answer: 0 for the first.

    `longest` at most, until `timeout` seconds are over.
    """
    end = math.inf if timeout is None else time.monotonic() + timeout
    yield 0
    while (left := end - time.monotonic()) > 0:
        if left >= 1:
            yield int(min(left, longest))
        else:  # servers wait for whole seconds
            time.sleep(min(left, _OFTEN))
            yield 0


class Look(NamedTuple):
    """What a look at a job or a batch has shown: how far it is, 0 to 1, and that in words."""

    ended: bool
    fraction: float | None
    said: str


def until_ended(what: Job | Batch, timeout: float | None) -> None:
    """Wait until something has ended, and say how far it is.

    Raises `WaitTimeout` after `timeout` seconds, `StillRunning` when interrupted.
    """
    with interruptible(stopped(what)), progress_line(what.name, seen=what.shown) as line:
        for patience in patiences(timeout, line.patience):
            look = what.look(patience)
            line.show(look.fraction, look.said)
            if look.ended:
                display.update(what)
                return
    waited = show_duration(timeout or 0.0)
    raise WaitTimeout(f"{what!r} has not ended after {waited}; it goes on.")


async def awaited(what: Job | Batch) -> None:
    """Wait until something has ended, without blocking the event loop."""
    import asyncio

    name = await asyncio.to_thread(getattr, what, "name")  # which may ask the server
    with progress_line(name, seen=what.shown) as line:
        try:
            for pause in pauses(None):
                look = await asyncio.to_thread(what.look)
                line.show(look.fraction, look.said)
                if look.ended:
                    break
                await asyncio.sleep(pause.seconds)
        except asyncio.CancelledError as error:  # so does a kernel interrupt a cell that awaits
            # Raised again as it is, since `asyncio.timeout` takes no subclass; shown in one line.
            shown = StillRunning(stopped(what))
            vars(error)["_render_traceback_"] = shown._render_traceback_
            raise
    display.update(what)


@contextmanager
def interruptible(said: str) -> Iterator[None]:
    """Turn Ctrl-C into what is `said`: that only the waiting has ended."""
    try:
        yield
    except KeyboardInterrupt:
        raise StillRunning(said) from None


def stopped(what: Job | Batch) -> str:
    """Return what to say when a wait for something is interrupted."""
    return f"stopped waiting; the {what.kind} {what.id} goes on. Its .cancel() stops it."


def whole_log(client: Client, job: str, stream: str, attempt: int | None) -> str:
    """Return all of a log there is now."""
    texts, offset = [], 0
    while True:
        chunk = client.log(job, stream, attempt, offset)
        texts.append(chunk.text)
        if chunk.next >= chunk.size or chunk.next <= offset:
            return "".join(texts)
        offset = chunk.next


def follow(job: Job, streams: list[str]) -> Iterator[str]:
    """Yield a job's lines as they come, of every stream, until nothing more can come."""
    tails = [_Tail(job.client, job.id, stream) for stream in streams]
    for pause in pauses(None):
        final = job.refresh().status.final
        came = False
        for tail in tails:
            for line in tail.lines(final=final):
                came = True
                yield line
        if final:
            return
        if not came:
            pause()


class _Tail:
    """One stream of a log, read on from where the last reading ended."""

    def __init__(self, client: Client, job: str, stream: str) -> None:
        self._client, self._job, self._stream = client, job, stream
        self._attempt: int | None = None
        self._offset = 0
        self._rest = ""

    def lines(self, *, final: bool) -> Iterator[str]:
        """Yield the whole lines that came since; when `final`, a last half one too."""
        while True:
            chunk = self._client.log(self._job, self._stream, None, self._offset)
            if chunk.attempt != self._attempt:  # the first, or a retry: its log starts anew
                again = self._attempt is not None
                self._attempt, self._offset = chunk.attempt, 0 if again else chunk.next
                if again:
                    continue
            self._offset = chunk.next
            *whole, self._rest = (self._rest + chunk.text).split("\n")
            yield from whole
            if chunk.next >= chunk.size:
                break
        if final and self._rest:
            yield self._rest
            self._rest = ""
