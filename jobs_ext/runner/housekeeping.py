"""What the runner does beside running jobs: archives, the trash; in a thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from ..model.errors import JobsError
from ..service import Archives, Keeping, Trash

_PAUSE = 2.0  # seconds between looks when there is nothing to do
_RETRY = 60.0  # seconds after something that could not be done
_EXPIRY = 60.0  # seconds between looks for what has been kept long enough
_log = logging.getLogger(__name__)


class Housekeeper:
    """Archives what people asked for, purges what was marked, and carries out what is to be kept.

    That is: the rules of how long jobs, and how long those in the trash.
    """

    def __init__(
        self, trash: Trash, keeping: Keeping, archives: Archives, wake: Callable[[], None]
    ) -> None:
        self._trash = trash
        self._keeping = keeping
        self._archives = archives
        self._wake = wake
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="housekeeping")
        self._work: Future[float] | None = None
        self._due = 0.0  # monotonic
        self._expiry_due = 0.0  # monotonic
        self._begun = False  # what an earlier runner left behind has been looked for
        self._busy = False  # the last step did something
        self._open = True

    def turn(self) -> bool:
        """Begin a step when one is due; tell whether there is still something to do."""
        if self._work is not None and self._work.done():
            pause = self._work.result()
            self._work, self._due = None, time.monotonic() + pause
            self._busy = pause == 0
        if self._work is None and time.monotonic() >= self._due:
            self._work = self._pool.submit(self._step)
            self._work.add_done_callback(self._ended)
        return self._busy

    def _ended(self, work: Future[float]) -> None:
        if self._open and work.result() == 0:
            self._wake()

    def close(self) -> None:
        """Finish the step that is under way."""
        self._open = False
        self._pool.shutdown()

    def _step(self) -> float:
        """Do one step; return the seconds until the next."""
        try:
            return self._done()
        except (JobsError, OSError) as error:
            _log.warning("housekeeping, trying again soon: %s", error)
            return _RETRY

    def _done(self) -> float:
        if not self._begun:
            self._trash.free_all_parts()
            self._begun = True
        if self._archives.step():
            return 0.0
        self._expire()
        return 0.0 if self._trash.step() else _PAUSE

    def _expire(self) -> None:
        if time.monotonic() < self._expiry_due:
            return
        kept, moved = self._keeping.rules.keep_deleted, self._keeping.step()
        if kept is not None:
            moved += self._trash.expire(max(0.0, time.time() - kept))
        if moved == 0:
            self._expiry_due = time.monotonic() + _EXPIRY
