"""The files that an attempt leaves, under the names that they are listed by."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from ..model import media
from ..model.tool import Tool, ToolOutput, ToolStep
from ..store.paths import AttemptPaths

MOST_OUTPUTS = 10_000  # further ones stay in the folder and are not listed
_log = logging.getLogger(__name__)


class Found(Struct, frozen=True):
    """A file that is going to be listed."""

    name: str
    path: Path
    size: int  # bytes
    media_type: str
    main: bool = False
    raw: str | None = None  # of a name that is not UTF-8: its bytes, percent-encoded


class Collection:
    """Gathers files; each once, each under a name of its own."""

    def __init__(self, links: Path | None, own: Path, beside: Path | None) -> None:
        """Take the folder, made when needed, of links to files whose paths are no text.

        Without one such files are left out. Left out is also what lies in the attempt's folder
        `own` as a link that leads out of it and of the submitter's folder `beside`: nobody would
        be let through it.
        """
        self.found: list[Found] = []
        self._links = links
        self._own = f"{own}/"
        self._within = [one for one in (own, beside) if one is not None]
        self._paths: set[str] = set()
        self._names: set[str] = set()

    def add(
        self, name: str, path: str | Path, label: str, media_type: str = "", *, main: bool = False
    ) -> None:
        """Add a file, unless it is there or is no regular one; `label` sets a second name apart."""
        real = os.path.realpath(path) if os.path.islink(path) else str(path)  # noqa: PTH114 - hot
        size = None if self._leads_out(str(path), real) else _size(real)
        if size is None or real in self._paths:
            return
        place = self._path(real)
        if place is None:
            return
        text = _as_text(name)
        raw = None if text == name else quote(os.fsencode(name))
        name = f"{label}/{text}" if text in self._names else text
        self._paths.add(real)
        self._names.add(name)
        kind = media_type or media.guess(os.path.basename(real))  # noqa: PTH119 - hot
        self.found.append(Found(name, place, size, kind, main, raw))

    def _leads_out(self, path: str, real: str) -> bool:
        if real == path or not path.startswith(self._own):
            return False
        return not real.startswith(tuple(f"{os.path.realpath(one)}/" for one in self._within))

    def _path(self, real: str) -> Path | None:
        """Return a path that text can hold: a file's own, else that of a link to it."""
        if _as_text(real) == real:
            return Path(real)
        if self._links is None:
            return None
        self._links.mkdir(exist_ok=True)
        link = self._links / str(len(self.found))
        link.symlink_to(real)
        return link

    def add_all(self, folder: Path, files: Iterable[str | Path], label: str) -> None:
        """Add files, all below `folder`, under their names relative to it."""
        above = len(os.path.join(folder, ""))  # noqa: PTH118 - it ends with a slash
        for file in files:
            if len(self.found) >= MOST_OUTPUTS:
                _log.warning("%s: only the first %d outputs are listed", folder, MOST_OUTPUTS)
                return
            self.add(str(file)[above:], file, label)

    def add_declared(self, at: AttemptPaths, name: str, declared: ToolOutput) -> bool:
        """Add what a tool declares; tell whether it is there.

        It is one file under the declared name, those of a glob under theirs.
        """
        if declared.path == "stdout":
            kind = declared.media_type or "text/plain"
            self.add(name, at.stdout, "tool", kind, main=declared.main)
            return True
        files = [
            path
            for path in matches(at.work, declared.path)
            if not self._leads_out(str(path), os.path.realpath(path))
        ]
        single = not any(character in declared.path for character in "*?[")
        for index, path in enumerate(files):
            called = name if single else path.relative_to(at.work).as_posix()
            main = declared.main and index == 0
            self.add(called, path, "tool", declared.media_type, main=main)
        return bool(files)

    def add_of_step(self, at: AttemptPaths, step: ToolStep) -> None:
        """Add what a step declares, under names that begin with its own."""
        folder = at.steps / step.name
        for declared in step.outputs.values():
            for index, path in enumerate(matches(folder, declared.path)):
                if is_new(path, folder, 0):
                    called = path.relative_to(at.steps).as_posix()
                    main = declared.main and index == 0
                    self.add(called, path, "step", declared.media_type, main=main)

    def add_kept(self, at: AttemptPaths) -> None:
        """Add what lies in the folder of outputs."""
        self.add_all(at.outputs, files(at.outputs), "outputs")

    def add_made(self, folder: Path, start: int) -> None:
        """Add what was made in the attempt's own `folder` since its `start` (ns)."""
        fresh = [path for path in map(Path, files(folder)) if is_new(path, folder, start)]
        self.add_all(folder, fresh, folder.name)


def so_far(at: AttemptPaths, tool: Tool | None, beside: Path | None) -> list[Found]:
    """Return what an attempt under way has written; none of it need be whole.

    What it writes in the submitter's own folder `beside` (None: its folder is private) is not
    looked for.
    """
    if not at.alive.exists():  # nothing runs yet: what lies there are inputs
        return []
    collection = Collection(None, at.folder, beside)
    for name, declared in (tool.outputs if tool else {}).items():
        collection.add_declared(at, name, declared)
    for step in tool.steps if tool else ():
        collection.add_of_step(at, step)
    collection.add_kept(at)
    if beside is None:
        collection.add_made(at.steps if tool and tool.steps else at.work, began(at))
    return collection.found


def matches(folder: Path, pattern: str) -> list[Path]:
    """Return the files in a folder that fit a pattern, in the order of their names."""
    try:
        return sorted(path for path in folder.glob(pattern) if path.is_file())
    # pathlib's: ValueError of an empty or malformed pattern, NotImplementedError of an absolute one
    except (ValueError, NotImplementedError, OSError) as error:
        _log.warning("%s: can't look for %s: %s", folder, pattern, error)
        return []


def files(folder: Path) -> Iterator[str]:
    """Yield what lies in a folder and below, in the order of names; folders that are links not."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield os.path.join(place, name)  # noqa: PTH118 - hot


def is_new(path: Path, folder: Path, start: int) -> bool:
    """Tell whether the job made or changed a file; links that lead out are inputs."""
    if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(folder.resolve()):
        return False
    return path.is_file() and changed(path) >= start


def began(at: AttemptPaths) -> int:
    """Return when the attempt was started, by the file system's own clock (ns)."""
    try:
        return at.alive.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def changed(path: Path) -> int:
    """Return when a file was last written (ns), 0 when it has vanished."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _size(path: str) -> int | None:
    """Return the size of a regular file, None for anything else and for what has vanished."""
    try:
        status = os.stat(path)  # noqa: PTH116 - hot
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _as_text(name: str) -> str:
    """Return a name in which a backslash, x and two digits stand for a byte that is no UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
