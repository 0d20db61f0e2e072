"""The files an attempt leaves, as named outputs."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from ..model import media
from ..model.tool import ToolOutput, ToolStep
from ..model.work import FoundOutput
from .payloads.function import RESULT_FILES, RETURNED
from .staging import Plan

MOST_OUTPUTS = 10_000  # further ones stay in the folder and are not listed
_HASHED = 64_000_000  # bytes: larger files get no hash
_BLOCK = 1 << 20
_log = logging.getLogger(__name__)


class Found(Struct, frozen=True):
    """A file that is going to be listed."""

    name: str
    path: Path
    size: int  # bytes
    media_type: str
    main: bool = False

    def listed(self) -> FoundOutput:
        """Return it as the service takes it; reads the file for its hash."""
        return FoundOutput(
            name=self.name,
            path=str(self.path),
            media_type=self.media_type,
            size=self.size,
            sha256=_sha256(self.path, self.size) if self.size <= _HASHED else None,
            main=self.main,
        )


class Collection:
    """Gathers files; each once, each under a name of its own."""

    def __init__(self, links: Path) -> None:
        self.found: list[Found] = []
        self._links = links  # folder, made when needed, of links to files whose paths are no text
        self._paths: set[str] = set()
        self._names: set[str] = set()

    def add(
        self, name: str, path: str | Path, label: str, media_type: str = "", *, main: bool = False
    ) -> None:
        """Add a file, unless it is there or is no regular one; `label` sets a second name apart."""
        real = os.path.realpath(path) if os.path.islink(path) else str(path)  # noqa: PTH114 - hot
        size = _size(real)
        if size is None or real in self._paths:
            return
        name = _as_text(name)
        name = f"{label}/{name}" if name in self._names else name
        self._paths.add(real)
        self._names.add(name)
        kind = media_type or media.guess(os.path.basename(real))  # noqa: PTH119 - hot
        self.found.append(Found(name, self._path(real), size, kind, main))

    def _path(self, real: str) -> Path:
        """Return a path that text can hold: a file's own, else that of a link to it."""
        if _as_text(real) == real:
            return Path(real)
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


def collect(one: Plan) -> tuple[list[Found], list[str]]:
    """Return the outputs of an ended attempt, and what required ones are missing, as sentences."""
    collection = Collection(one.at.folder / "named")
    missing = [
        f"it did not write its output {name} ({declared.path})"
        for name, declared in (one.tool.outputs if one.tool else {}).items()
        if not _add_declared(one, collection, name, declared) and declared.required
    ]
    for step in one.tool.steps if one.tool else ():
        _add_of_step(one, collection, step)
    if one.kind == "function" and not _add_result(one, collection):
        missing.append("it ended without giving a result")
    collection.add_all(one.at.outputs, _files(one.at.outputs), "outputs")
    began = _began(one) if one.work.options.outputs or one.private else 0
    for pattern in one.work.options.outputs:
        fresh = [p for p in _matches(one.cwd, pattern) if _changed(p) >= began]
        collection.add_all(one.cwd, fresh, "here")
    if one.private:
        own = one.at.steps if one.kind == "steps" else one.at.work
        fresh = [p for p in map(Path, _files(own)) if _is_new(p, own, began)]
        collection.add_all(own, fresh, own.name)
    collection.add("error.json", f"{one.request}/error.json", "request")
    return collection.found, missing


def _add_declared(one: Plan, to: Collection, name: str, declared: ToolOutput) -> bool:
    """Add what a tool declares: one file under the declared name, those of a glob under theirs."""
    if declared.path == "stdout":
        to.add(name, one.at.stdout, "tool", declared.media_type or "text/plain", main=declared.main)
        return True
    files = [path for path in _matches(one.at.work, declared.path) if path.is_file()]
    single = not any(character in declared.path for character in "*?[")
    for index, path in enumerate(files):
        called = name if single else path.relative_to(one.at.work).as_posix()
        main = declared.main and index == 0
        to.add(called, path, "tool", declared.media_type, main=main)
    return bool(files)


def _add_of_step(one: Plan, to: Collection, step: ToolStep) -> None:
    """Add what a step declares, under names that begin with its own; it was missed before."""
    folder = one.at.steps / step.name
    for declared in step.outputs.values():
        for index, path in enumerate(_matches(folder, declared.path)):
            if _is_new(path, folder, 0):
                called = path.relative_to(one.at.steps).as_posix()
                main = declared.main and index == 0
                to.add(called, path, "step", declared.media_type, main=main)


def _add_result(one: Plan, to: Collection) -> bool:
    """Add the value that a function gave; tell whether it did, or gives none."""
    for name in RESULT_FILES:
        path = f"{one.request}/{name}"
        if os.path.isfile(path):  # noqa: PTH113 - hot
            main = not (one.tool and any(o.main for o in one.tool.outputs.values()))
            to.add(name, path, "outputs", main=main)
            return True
    return os.path.isfile(f"{one.request}/{RETURNED}")  # noqa: PTH113 - hot


def _matches(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(path for path in folder.glob(pattern) if path.is_file())
    except (ValueError, NotImplementedError, OSError) as error:
        _log.warning("%s: can't look for %s: %s", folder, pattern, error)
        return []


def _files(folder: Path) -> Iterator[str]:
    """Yield what lies in a folder and below, in the order of names; folders that are links not."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield os.path.join(place, name)  # noqa: PTH118 - hot


def _is_new(path: Path, folder: Path, began: int) -> bool:
    """Tell whether the job made or changed a file; links that lead out are inputs."""
    if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(folder.resolve()):
        return False
    return path.is_file() and _changed(path) >= began


def _began(one: Plan) -> int:
    """Return when the attempt was started, by the file system's own clock (ns)."""
    try:
        return one.at.alive.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _changed(path: Path) -> int:
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


def _sha256(path: Path, size: int) -> str | None:
    """Return the hash of a file, None when it can't be read or is no longer of that size."""
    digest, length = hashlib.sha256(), 0
    try:
        with path.open("rb", buffering=0) as file:
            while block := file.read(min(_BLOCK, size + 1)):
                digest.update(block)
                length += len(block)
    except OSError:
        return None
    return digest.hexdigest() if length == size else None
