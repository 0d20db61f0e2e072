"""Waiting without hammering the server, interruptible without harm to the job."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from .errors import StillRunning

if TYPE_CHECKING:
    from .client import Client
    from .job import Job

_FIRST, _LAST = 0.01, 1.0  # seconds between two questions
_GROWTH = 1.2  # so an end is heard of a tenth of the time later that it took, on average


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


class _Named(Protocol):
    kind: str
    id: str


@contextmanager
def interruptible(what: _Named) -> Iterator[None]:
    """Turn Ctrl-C into a word on how to stop the job itself, which goes on."""
    try:
        yield
    except KeyboardInterrupt:
        raise StillRunning(
            f"stopped waiting; the {what.kind} {what.id} goes on. Its .cancel() stops it."
        ) from None


@contextmanager
def interruptible_all(number: int) -> Iterator[None]:
    """Turn Ctrl-C into a word on `number` jobs, which go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise StillRunning(f"stopped waiting; {number} jobs go on.") from None


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
