"""Uploaded parts, kept once per content."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from ..store.paths import Paths


class Upload(Struct, frozen=True):
    """A file that came with a request; `body` is its content or a file that holds it."""

    filename: str
    media_type: str
    body: bytes | Path


def keep(paths: Paths, upload: Upload) -> str:
    """Put an upload under ``parts/`` and return its SHA-256. It is on disk when this returns."""
    draft = paths.parts_dir / f".{uuid.uuid4().hex}"
    try:
        sha256 = _write(draft, upload.body)
        if paths.parts(sha256).exists():
            return sha256
        draft.rename(paths.parts(sha256))
        _sync_folder(paths.parts_dir)
        return sha256
    finally:
        draft.unlink(missing_ok=True)


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


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
