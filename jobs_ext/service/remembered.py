"""Jobs that have ended, kept as they were shown: read again when their edition is another one.

What is shown of such a job depends on nothing but its rows, which move its edition whenever they
change (migration 0027), and on whether it is shown to its owner.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import NamedTuple

import msgspec
from msgspec import Raw

from ..model.job import Job

_MOST = 2 * 2**20  # bytes of JSON of all that are kept: two thousand jobs, 7 MB with the objects
_LARGEST = 16 * 2**10  # bytes of JSON of one

Key = tuple[int, str | None, bool]  # pk, edition (None: not ended), whether its owner looks


class Shown(NamedTuple):
    """A job as the API shows it, twice."""

    job: Job
    json: Raw


def as_json(job: Job) -> Raw:
    """Return the JSON of a job."""
    return Raw(msgspec.json.encode(job))


class Remembered:
    """The jobs shown lately; only for what a connection saw that did not write itself."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[Key, Shown] = OrderedDict()
        self._bytes = 0

    def find(self, wanted: Iterable[Key]) -> dict[Key, Shown]:
        """Return those of the wanted jobs that are kept."""
        kept, found = self._kept, {}
        with self._lock:
            for key in wanted:
                if key in kept:
                    found[key] = kept[key]
                    kept.move_to_end(key)
        return found

    def keep(self, fresh: Mapping[Key, Shown]) -> None:
        """Keep those that have ended, in place of the ones that were shown longest ago."""
        with self._lock:
            for key, one in fresh.items():
                if key[1] is not None and _size(one) <= _LARGEST and key not in self._kept:
                    self._kept[key] = one
                    self._bytes += _size(one)
            while self._bytes > _MOST:
                _, one = self._kept.popitem(last=False)
                self._bytes -= _size(one)


def _size(one: Shown) -> int:
    return memoryview(one.json).nbytes
