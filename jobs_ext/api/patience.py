"""Answers that wait for an end: one request instead of many."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Annotated, TypeVar

from msgspec import Meta, Struct

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

T = TypeVar("T")

LONGEST = 60  # seconds that a request may wait

_SLOW_LOOK = 1.0  # seconds between looks when the bell does not ring: a poke can be lost
_LEAST, _MOST = 0.002, 0.25  # seconds between looks when it rings all the time
_SHARE = 0.05  # of the time waited so far: by so much later an end may be told
_EACH = 0.025  # … for each who waits: up to ten look forty times a second together


class Patience(Struct, frozen=True, forbid_unknown_fields=True):
    """How long to wait before answering."""

    wait: Annotated[int, Meta(ge=0, le=LONGEST)] = 0  # seconds for the end, at the most


class Bell:
    """Rings whenever the store may have changed, for all who wait then."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self._waiting = 0

    @property
    def next(self) -> asyncio.Event:
        """What will be set when it rings next."""
        return self._next

    @contextmanager
    def waited_for(self) -> Iterator[None]:
        """Count one who waits for it."""
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    def pause(self, waited: float) -> float:
        """Return the seconds until who has waited so long looks again, should it ring."""
        return max(_LEAST, min(_MOST, waited * _SHARE, self._waiting * _EACH))

    def ring(self) -> None:
        """Wake everybody."""
        self._next.set()
        self._next = asyncio.Event()


async def awaited(
    bell: Bell,
    look: Callable[[], Awaitable[T]],
    enough: Callable[[T], bool],
    seconds: float,
) -> T:
    """Return what `look` sees once it is `enough`, or after `seconds`."""
    with bell.waited_for():
        return await _awaited(bell, look, enough, seconds)


async def _awaited(
    bell: Bell,
    look: Callable[[], Awaitable[T]],
    enough: Callable[[T], bool],
    seconds: float,
) -> T:
    began = monotonic()
    while True:
        rings = bell.next  # before the look: no change is missed
        seen = await look()
        waited = monotonic() - began
        if waited >= seconds or enough(seen):
            return seen
        left = seconds - waited
        await asyncio.sleep(min(left, bell.pause(waited)))
        with suppress(TimeoutError):  # Python 3.11's wait_for may lose a cancellation
            async with asyncio.timeout(min(left, _SLOW_LOOK)):
                await rings.wait()
