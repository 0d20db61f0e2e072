"""Waiting for conditions instead of for seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], timeout: float = 60, what: str = "the condition") -> T:
    """Return the first true value of `condition()`; fail, naming `what`, after `timeout` s."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s for {what}")
        time.sleep(0.02)
    return value


async def auntil(
    condition: Callable[[], Awaitable[T] | T],
    timeout: float = 60,  # noqa: ASYNC109 - the same signature as `until`
    what: str = "the condition",
) -> T:
    """Do as `until`, without blocking the event loop; `condition` may be a coroutine function."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s for {what}")
        await asyncio.sleep(0.02)
