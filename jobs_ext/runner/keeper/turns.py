"""Whose turn it is on a core: the keeper's first thread gives way to what computes.

It wakes at what a shared worker says of each call, and would take the worker's core away before the
call begins. What it does, starts apart, can wait for a moment. On Linux; elsewhere nothing is done.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


class Turns:
    """How the threads of this process get a core while others compute."""

    def __init__(self) -> None:
        self._gives_way = False

    def give_way(self) -> None:
        """Let others go on when this thread wakes, and threads and processes that it makes."""
        if sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_OTHER:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
            self._gives_way = True

    def take(self) -> None:
        """Be as any other from now on, though who made this thread gives way."""
        if sys.platform == "linux" and self._gives_way:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Make processes that are as any other."""
        self.take()
        try:
            yield
        finally:
            if self._gives_way:
                self.give_way()


turns = Turns()
