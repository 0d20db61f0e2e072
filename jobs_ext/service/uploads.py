"""Uploaded parts, kept once per content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from msgspec import Struct

from ..store.engine import Store
from ..store.faults import RESERVE, disk_full, free, mapped_faults
from ..store.paths import Paths
from ..store.trash import used_parts
from .quota import Room

BESIDE = "beside/"  # what the names of parts begin with that a job keeps, and does not read
_OLD = 3600.0  # seconds after which the draft of an upload has been left by a server that died


class Upload(Struct, frozen=True):
    """A file that came with a request; `body` is its content or a file that holds it.

    With a `sha256` that file is a draft that was finished (`Draft.finish`).
    """

    filename: str
    media_type: str
    body: bytes | Path
    sha256: str | None = None


Uploads = Mapping[str, Upload]


class Draft:
    """A file that is being received: on the disk of the data directory, and nobody's yet."""

    def __init__(self, paths: Paths, room: Room | None = None) -> None:
        """Begin a file that may take the `room` of its owner."""
        self.path = _new_draft(paths)
        self.size = 0  # bytes so far
        self._root = paths.root
        self._room = room
        self._digest = hashlib.sha256()
        with mapped_faults(self._root):
            self._file = self.path.open("xb", buffering=0)

    def write(self, block: bytes) -> None:
        """Append a block; `OverQuota` when that is more than the owner may keep.

        `DiskFull` when it would leave less room than jobs under way need.
        """
        if self._room is not None:
            self._room.check(self.size + len(block))
        if free(self._root) < RESERVE + len(block):
            raise disk_full(self._root)
        with mapped_faults(self._root):
            self._file.write(block)
        self._digest.update(block)
        self.size += len(block)

    def finish(self) -> str:
        """Return the SHA-256 of the whole; it is on disk when this returns."""
        with mapped_faults(self._root):
            os.fsync(self._file.fileno())
            self._file.close()
        return self._digest.hexdigest()

    def drop(self) -> None:
        """Remove it, unless it has been moved to its place."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class Drafts:
    """The uploads of one request, on disk, but not yet parts: for a ``with`` statement.

    What is not made a part by `placed` is gone in the end.
    """

    def __init__(self, paths: Paths, uploads: Uploads) -> None:
        self._paths = paths
        self._uploads = uploads
        self._drafts: dict[str, Path] = {}  # by name of the part
        self._hashes: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Write the uploads; they are on disk when this returns."""
        try:
            for name, upload in self._uploads.items():
                if upload.sha256 is not None and isinstance(upload.body, Path):
                    self._drafts[name], self._hashes[name] = upload.body, upload.sha256
                    continue
                self._drafts[name] = _new_draft(self._paths)
                self._hashes[name] = _write(self._drafts[name], upload.body)
        except BaseException:
            self._drop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was not made a part."""
        self._drop()

    @contextmanager
    def placed(self) -> Iterator[dict[str, str]]:
        """Make the uploads parts and give their hashes by name; take the new ones back on failure.

        To be used inside a write transaction: nobody else can come to rely on a part meanwhile.
        """
        fresh: list[Path] = []
        try:
            for name, draft in self._drafts.items():
                part = self._paths.parts(self._hashes[name])
                if not part.exists():
                    draft.rename(part)
                    fresh.append(part)
            if fresh:
                sync_folder(self._paths.parts_dir)
            yield dict(self._hashes)
        except BaseException:
            for part in fresh:
                part.unlink()
            raise

    def _drop(self) -> None:
        for draft in self._drafts.values():
            draft.unlink(missing_ok=True)


def _new_draft(paths: Paths) -> Path:
    """Return a name for a draft; it says which process writes it."""
    return paths.parts_dir / f".{os.getpid()}-{uuid.uuid4().hex}"


def free_parts(store: Store, hashes: Collection[str]) -> None:
    """Remove those of these parts that no request and no data set stands on any more.

    Inside a transaction that writes: nobody else can come to rely on a part meanwhile.
    """
    if not hashes:
        return
    with store.write(poke=()) as tx, mapped_faults(store.paths.root):
        for one in set(hashes) - used_parts(tx, hashes):
            store.paths.parts(one).unlink(missing_ok=True)


def sweep_drafts(paths: Paths) -> None:
    """Remove drafts that a server left behind when it died; those of one that lives stay."""
    for draft in paths.parts_dir.glob(".*"):
        with contextlib.suppress(FileNotFoundError):  # another server has just finished it
            written = draft.stat().st_mtime
            if written < time.time() - _OLD and not _lives(draft.name, written):
                draft.unlink()


def _lives(name: str, written: float) -> bool:
    """Tell whether the process that wrote a draft, at the time `written`, is still there."""
    import psutil  # only where something was left

    pid = name.lstrip(".").partition("-")[0]
    try:
        return pid.isdigit() and psutil.Process(int(pid)).create_time() <= written
    except psutil.NoSuchProcess:
        return False


def hash_of(upload: Upload) -> str:
    """Return the SHA-256 of an upload."""
    return upload.sha256 or digest(upload.body)


def size_of(upload: Upload) -> int:
    """Return the bytes of an upload."""
    body = upload.body
    return len(body) if isinstance(body, bytes) else body.stat().st_size


def digest(body: bytes | Path) -> str:
    """Return the SHA-256 of a body."""
    found = hashlib.sha256()
    for block in _blocks(body):
        found.update(block)
    return found.hexdigest()


def _write(draft: Path, body: bytes | Path) -> str:
    digest = hashlib.sha256()
    with draft.open("xb") as target:
        for block in _blocks(body):
            digest.update(block)
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


def _blocks(body: bytes | Path) -> Iterator[bytes]:
    if isinstance(body, bytes):
        yield body
        return
    with body.open("rb") as source:
        while block := source.read(1 << 20):
            yield block


def sync_folder(folder: Path) -> None:
    """Return when what a folder lists is on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
