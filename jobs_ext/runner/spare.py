"""Empty folders that attempts did not use, kept for the next ones.

Making and removing a folder for each short job costs more than all else that the runner does for
it; renaming one costs next to nothing.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from threading import Lock

_MOST = 1000  # as many as wait in lanes: short attempts end by the hundred and come by the hundred
_MODE = 0o700


class SpareFolders:
    """Gives out folders, and takes back those that are as they were."""

    def __init__(self, home: Path, most: int = _MOST) -> None:
        home.mkdir(mode=_MODE, exist_ok=True)
        there = set(os.listdir(home))  # noqa: PTH208 - names; of an earlier runner
        names = [str(number) for number in range(most)]
        self._free = [home / name for name in names if name in there]
        self._unused = [home / name for name in names if name not in there]
        self._lock = Lock()

    def take(self, path: Path) -> None:
        """Make an empty folder at `path`."""
        with self._lock:
            while self._free:
                spare = self._free.pop()
                self._unused.append(spare)
                with contextlib.suppress(FileNotFoundError):  # somebody cleared up
                    spare.rename(path)
                    return
        path.mkdir(mode=_MODE)

    def give(self, path: Path) -> None:
        """Take the folder at `path` away if it is empty; nothing may use it any more."""
        with self._lock, contextlib.suppress(OSError):  # it is not empty, or was removed
            if self._unused and _is_as_new(path):
                path.rename(self._unused[-1])
                self._free.append(self._unused.pop())
            else:
                path.rmdir()


def _is_as_new(path: Path) -> bool:
    is_ours = path.lstat().st_mode == stat.S_IFDIR | _MODE
    return is_ours and next(path.iterdir(), None) is None
