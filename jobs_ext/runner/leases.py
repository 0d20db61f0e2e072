"""Leases of nodes: who was silent for too long loses what it holds.

No clock on the wall is asked: a lease is over when, for its time by the monotonic clock of this
process, the node gave no sign of life. So a runner that starts gives every lease its whole time
again, and a runner that slept sees what nodes said meanwhile before it judges.
"""

from __future__ import annotations

import time

from ..service import Lease, Working

_EVERY = 1.0  # seconds between looks, when nobody says that something changed


class Leases:
    """Watches the jobs that nodes hold."""

    def __init__(self, working: Working, lease: float) -> None:
        self._working = working
        self._lease = lease
        self._since: dict[Lease, float] = {}  # as it was read → when first so (monotonic)
        self._due = 0.0  # monotonic

    @property
    def any(self) -> bool:
        """Whether nodes held something at the last look."""
        return bool(self._since)

    def look(self, *, news: bool) -> None:
        """Take back what is to be taken back; with `news` look at once, else once a second."""
        present = time.monotonic()
        if not news and present < self._due:
            return
        self._due = present + _EVERY
        held = self._working.leases()
        self._since = {one: self._since.get(one, present) for one in held}
        over = [one for one, since in self._since.items() if self._is_over(one, present - since)]
        if over:
            self._working.expire(over)

    def _is_over(self, lease: Lease, silent: float) -> bool:
        """Tell whether to take a job back: also one that was cancelled before it was started."""
        return silent >= self._lease or (lease.cancel_requested and not lease.is_running)
