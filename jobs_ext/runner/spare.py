"""Folders that attempts did not use, or left with next to nothing in them, for the next ones.

Making and removing a folder for each short job costs more than all else that the runner does for
it; renaming one costs next to nothing.

The whole folder of a function is passed on when there was but its value in it, which goes beside
it, and short logs, which go into the store. Until they are there it stays as it is: whoever has to
find out once more what the attempt left finds it.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from threading import Lock

from ..model import media
from ..service.leavings import Found
from ..store.paths import VALUES, AttemptPaths
from .keeper.folders import FRESH, Folders, seal

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
        self._whole = Folders(most)
        self._unsaved: list[tuple[str, dict[str, str]]] = []  # folders, and the logs in them

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

    def take_whole(self, path: str) -> None:
        """Make the folder of an attempt with all that is in it at first."""
        self._whole.make(path)

    def take_value_out(self, at: AttemptPaths) -> Found | None:
        """Move a function's value beside its attempt's folder, and return it as it is found there.

        None, and all stays, unless nothing else is in the folder that was not there at first.
        """
        try:
            more = set(os.listdir(at.text())).difference(FRESH)  # noqa: PTH208 - hot, as all here
            name = more.pop() if len(more) == 1 else ""
            status = os.lstat(at.text(name))
            if name not in VALUES or not stat.S_ISREG(status.st_mode):
                return None
            os.rename(at.text(name), at.value(name))  # noqa: PTH104
        except OSError:  # somebody purges the job
            return None
        return Found(name, Path(at.value(name)), status.st_size, media.guess(name), main=True)

    def give_whole(self, at: AttemptPaths) -> dict[str, str] | None:
        """Give the folder of an ended attempt, in which but its logs are left; return those.

        None when they can't be taken; they are in the folder in any case until `saved` is called.
        """
        folder = at.text()
        with contextlib.suppress(OSError):  # somebody purges the job
            seal(folder)
        logs = self._whole.left(folder)
        if logs is not None:
            self._unsaved.append((folder, logs))
        return logs

    def saved(self) -> None:
        """Use again what was given: all that was returned of it is in the store."""
        for folder, logs in self._unsaved:
            self._whole.keep(folder, logs)
        self._unsaved.clear()


def _is_as_new(path: Path) -> bool:
    is_ours = path.lstat().st_mode == stat.S_IFDIR | _MODE
    return is_ours and next(path.iterdir(), None) is None
