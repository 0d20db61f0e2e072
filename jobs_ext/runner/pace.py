"""How short the jobs of each batch are of late, and so how many one lane may hold."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping

_WORK = 0.5  # seconds of work that may wait in a lane: others get its place after that
_LEAST = 0.002  # seconds that any job keeps its lane, start and end included
_SHORT = 0.2  # seconds: a batch with longer jobs has no queues
_ENDS = 8  # ends that are remembered of each batch
_SURE = 4  # ends after which one may say something
_BATCHES = 64  # that are remembered


class Pace:
    """The durations of the last jobs of the latest batches."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, deque[float]] = OrderedDict()

    def note(self, batch: str, seconds: float) -> None:
        """Learn how long a job of this batch took."""
        self._last.setdefault(batch, deque(maxlen=_ENDS)).append(seconds)
        self._last.move_to_end(batch)
        while len(self._last) > _BATCHES:
            self._last.popitem(last=False)

    def depths(self) -> Mapping[str, int]:
        """Return, by batch, how many jobs a lane may hold where that is more than one."""
        found = {batch: _depth(last) for batch, last in self._last.items()}
        return {batch: depth for batch, depth in found.items() if depth > 1}


def _depth(last: deque[float]) -> int:
    longest = max(*last, _LEAST)
    if len(last) < _SURE or longest > _SHORT:
        return 1
    return int(_WORK / longest)
