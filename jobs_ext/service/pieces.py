"""Files that come in pieces, in any order and side by side; whole, or not there at all."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from ..model.errors import Conflict, InvalidRequest, NotFound, TooLarge
from ..store.faults import RESERVE, capacity, disk_full, free, mapped_faults
from ..store.paths import Paths
from .files import is_folder, refused_places
from .principal import Principal
from .uploads import Draft, sync_folder

_OLD = 86400.0  # seconds without a new piece after which an upload was given up
_BLOCK = 1 << 20  # bytes
_SECTOR = 512  # bytes: what `st_blocks` counts in


class _Begun(Struct, frozen=True):
    """An upload that is going on."""

    key: str
    path: str
    size: int  # bytes


class Pieces:
    """Takes uploads; `place` says where a path of a file system lies, and whether it may be."""

    def __init__(self, paths: Paths, place: Callable[[Principal, str, str], Path]) -> None:
        self._paths = paths
        self._place = place

    def begin(self, who: Principal, key: str, path: str, size: int) -> str:
        """Make room for a file of `size` bytes; return the id by which its pieces come."""
        who.require("submit", "run")
        place = self._place(who, key, path)
        if size < 0:
            raise InvalidRequest(f"A file can't have {size} bytes.", field="size", value=size)
        if size > (most := capacity(self._paths.root)):
            message = f"The disk has {most:,} bytes, if nothing else were on it."
            raise TooLarge(message, field="size", value=size)
        if is_folder(place):
            raise Conflict(f"{path!r} is a folder.", field="path", value=path)
        self._sweep(who)
        if free(self._paths.root) < RESERVE + size + self._promised():
            raise disk_full(self._paths.root)
        upload = uuid.uuid4().hex
        folder = self._folder(who, upload)
        with mapped_faults(self._paths.root):
            folder.mkdir(mode=0o700, parents=True)
            with (folder / "data").open("xb") as data:
                data.truncate(size)
            (folder / "got").touch()
            (folder / "begun").write_bytes(msgspec.json.encode(_Begun(key, path, size)))
        return upload

    def take(
        self, who: Principal, key: str, path: str, upload: str, span: tuple[int, int], piece: Draft
    ) -> None:
        """Write a piece to its place: `span` is its first byte and the one after its last."""
        who.require("submit", "run")
        begun = self._begun(who, key, path, upload)
        start, stop = span
        if not 0 <= start <= stop <= begun.size or piece.size != stop - start:
            raise InvalidRequest(
                f"A piece of {piece.size} bytes does not fit there: "
                f"{start} to {stop} of {begun.size}.",
                field="Content-Range",
                value=f"{start}-{stop}",
            )
        folder = self._folder(who, upload)
        with mapped_faults(self._paths.root):
            with piece.path.open("rb") as source, (folder / "data").open("r+b") as target:
                target.seek(start)
                shutil.copyfileobj(source, target, _BLOCK)
            with (folder / "got").open("ab", buffering=0) as got:
                got.write(f"{start} {stop}\n".encode())

    def finish(self, who: Principal, key: str, path: str, upload: str) -> None:
        """Put the file to its place, over an earlier one; `Conflict` when a piece is missing."""
        who.require("submit", "run")
        begun = self._begun(who, key, path, upload)
        place = self._place(who, key, path)
        folder = self._folder(who, upload)
        with mapped_faults(self._paths.root):
            spans = [_span(line) for line in (folder / "got").read_text().splitlines()]
            if (missing := _first_gap(spans, begun.size)) is not None:
                raise Conflict(
                    f"The upload lacks bytes from {missing} on.",
                    field="uploadId",
                    value=upload,
                    hint="Send all pieces first.",
                )
            with (folder / "data").open("rb") as data:
                os.fsync(data.fileno())
            self._move(folder / "data", place, path)
            shutil.rmtree(folder)

    def _move(self, data: Path, place: Path, path: str) -> None:
        with refused_places(path):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            data.replace(place)
        sync_folder(place.parent)

    def _begun(self, who: Principal, key: str, path: str, upload: str) -> _Begun:
        try:
            begun = msgspec.json.decode(
                (self._folder(who, upload) / "begun").read_bytes(), type=_Begun
            )
        except FileNotFoundError:
            begun = None
        if begun is None or (begun.key, begun.path) != (key, path):
            raise NotFound(f"There is no upload {upload!r}.", field="uploadId", value=upload)
        return begun

    def _folder(self, who: Principal, upload: str) -> Path:
        if len(upload) != 32 or not upload.isalnum() or not upload.isascii():
            raise NotFound(f"There is no upload {upload!r}.", field="uploadId", value=upload)
        return self._paths.filesystems(who.owner) / ".uploads" / upload

    def _promised(self) -> int:
        """Return the bytes that are still to come of the uploads of all that have begun."""
        promised = 0
        for data in self._paths.all_filesystems.glob("*/.uploads/*/data"):
            with suppress(FileNotFoundError):  # it has just been finished
                known = data.stat()
                promised += max(0, known.st_size - known.st_blocks * _SECTOR)
        return promised

    def _sweep(self, who: Principal) -> None:
        """Remove uploads that were given up."""
        for folder in (self._paths.filesystems(who.owner) / ".uploads").glob("*"):
            try:
                old = (folder / "got").stat().st_mtime < time.time() - _OLD
            except FileNotFoundError:  # it is just being made, or has just been finished
                continue
            if old:
                shutil.rmtree(folder, ignore_errors=True)  # another request may do the same


def _span(line: str) -> tuple[int, int]:
    start, _, stop = line.partition(" ")
    return int(start), int(stop)


def _first_gap(spans: Iterable[tuple[int, int]], size: int) -> int | None:
    """Return the first byte of `size` that no span covers, None when all are there."""
    reached = 0
    for start, stop in sorted(spans):
        if start > reached:
            return reached
        reached = max(reached, stop)
    return reached if reached < size else None
