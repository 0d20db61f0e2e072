"""File systems: folders of an owner's on the server, which jobs share by mounting them.

Nothing is read or written outside of them, also behind links that a job made. What people call
them is kept by who has a use for it.
"""

from __future__ import annotations

import builtins
import os
import uuid
from contextlib import suppress
from pathlib import Path

from ..model import media
from ..model.errors import InvalidRequest, NotFound
from ..model.job import Output
from ..store.faults import mapped_faults
from ..store.paths import Paths
from .core import Core
from .files import is_file, is_folder, lies_in, refused_places, remove_tree
from .pieces import Pieces
from .principal import Principal
from .references import is_filename

_LONGEST = 1000  # characters of a path


class Filesystems:
    """What can be done with file systems; `key` names one among its owner's."""

    def __init__(self, core: Core) -> None:
        self._paths: Paths = core.store.paths
        self.pieces = Pieces(self._paths, self.place)

    def create(self, who: Principal, key: str) -> Path:
        """Make a file system, unless it is there, and return its folder."""
        who.require("submit", "run")
        made = self._paths.filesystems(who.owner) / key
        with mapped_faults(self._paths.root):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
        return made

    def delete(self, who: Principal, key: str) -> None:
        """Remove a file system, if it is there, with all in it; jobs that mount it lose it."""
        who.require("submit", "run")
        with mapped_faults(self._paths.root), suppress(NotFound, FileNotFoundError):
            self._put_away(who, self.folder(who, key))

    def folder(self, who: Principal, key: str) -> Path:
        """Return the folder of a file system; `NotFound` when the caller has none of this key."""
        folder = self._paths.filesystems(who.owner) / key
        if not is_filename(key) or folder.name != key or not is_folder(folder):
            raise NotFound(f"There is no file system {key!r}.", field="filesystem", value=key)
        return folder

    def list(
        self, who: Principal, key: str, path: str
    ) -> tuple[builtins.list[str], builtins.list[str]]:
        """Return the names of the folders and of the files in a folder."""
        who.require("read")
        folder, place = self.folder(who, key), self.place(who, key, path)
        if not is_folder(place) or not lies_in(place, folder):
            raise NotFound(f"There is no folder {path!r}.", field="path", value=path)
        with mapped_faults(self._paths.root), refused_places(path):
            names = sorted(one.name for one in place.iterdir())
        inside = [name for name in names if lies_in(place / name, folder)]
        folders = [_as_text(name) for name in inside if is_folder(place / name)]
        return folders, [_as_text(name) for name in inside if is_file(place / name)]

    def find(self, who: Principal, key: str, path: str) -> Output:
        """Return a file; `NotFound` when there is none."""
        who.require("read")
        place = self.place(who, key, path)
        if not is_file(place) or not lies_in(place, self.folder(who, key)):
            raise NotFound(f"There is no file {path!r}.", field="path", value=path)
        with mapped_faults(self._paths.root), refused_places(path):
            size = place.stat().st_size
        return Output(path, media.guess(place.name), size, path=str(place))

    def make_folder(self, who: Principal, key: str, path: str) -> None:
        """Make a folder, and those above it; `Conflict` when there is something of its name."""
        who.require("submit", "run")
        place = self.place(who, key, path)
        with mapped_faults(self._paths.root), refused_places(path):
            place.mkdir(mode=0o700, parents=True)

    def remove(self, who: Principal, key: str, path: str) -> None:
        """Remove a file, or a folder with all that lies in it."""
        who.require("submit", "run")
        place = self.place(who, key, path)
        if place == self.folder(who, key):
            raise InvalidRequest("Name a file or a folder.", field="path", value=path)
        with mapped_faults(self._paths.root), refused_places(path):
            if is_folder(place) and not place.is_symlink():
                self._put_away(who, place)
            else:
                place.unlink()

    def place(self, who: Principal, key: str, path: str) -> Path:
        """Return where a path leads to; the folder that it lies in is in the file system.

        Raises `InvalidRequest` for what is no path, or leads out.
        """
        folder = self.folder(who, key)
        parts = [part for part in path.split("/") if part]
        place = folder.joinpath(*parts)
        good = len(path) <= _LONGEST and all(is_filename(p) and p not in (".", "..") for p in parts)
        if not good or (parts and not lies_in(place.parent, folder)):
            raise InvalidRequest(
                f"{path!r} is no path in this file system.",
                field="path",
                value=path,
                hint='Give one such as "results/t.csv".',
            )
        return place

    def _put_away(self, who: Principal, place: Path) -> None:
        """Take a folder out of the way, then remove it: a job may be writing to it."""
        gone = self._paths.filesystems(who.owner) / ".gone"
        gone.mkdir(mode=0o700, exist_ok=True)
        place.rename(gone / uuid.uuid4().hex)
        for one in gone.iterdir():  # also what was left when this was cut short
            remove_tree(one)


def _as_text(name: str) -> str:
    """Return a name in which a backslash, x and two digits stand for a byte that is no UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
