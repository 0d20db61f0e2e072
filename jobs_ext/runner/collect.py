"""The files an ended attempt leaves, as named outputs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from ..model.work import FoundOutput
from ..service.leavings import Collection, Found, began, changed, matches
from ..store.paths import VALUES
from .payloads.function import RETURNED
from .staging import Plan

_HASHED = 64_000_000  # bytes: larger files get no hash
_BLOCK = 1 << 20


class Collected(NamedTuple):
    """What an attempt left, and what it did not."""

    found: list[Found]
    missing: list[str]  # required outputs it should have written, as sentences
    unmatched: list[str]  # patterns of its options that no new file in its folder matches


def listed(file: Found) -> FoundOutput:
    """Return a file as the service takes it; reads it for its hash."""
    return FoundOutput(
        name=file.name,
        path=str(file.path),
        media_type=file.media_type,
        size=file.size,
        sha256=_sha256(file.path, file.size) if file.size <= _HASHED else None,
        main=file.main,
        raw=file.raw,
    )


def collect(one: Plan) -> Collected:
    """Return the outputs of an ended attempt, and what of them is not there."""
    beside = None if one.private else Path(one.cwd)
    collection = Collection(one.at.folder / "named", one.at.folder, beside)
    missing = [
        f"it did not write its output {name} ({declared.path})"
        for name, declared in (one.tool.outputs if one.tool else {}).items()
        if not collection.add_declared(one.at, name, declared) and declared.required
    ]
    for step in one.tool.steps if one.tool else ():
        collection.add_of_step(one.at, step)  # it was missed before
    if one.kind == "function" and not _add_result(one, collection):
        missing.append("it exited before the function returned")
    collection.add_kept(one.at)
    start = began(one.at) if one.work.options.outputs or one.private else 0
    unmatched: list[str] = []
    for pattern in one.work.options.outputs:
        fresh = [path for path in matches(Path(one.cwd), pattern) if changed(path) >= start]
        collection.add_all(Path(one.cwd), fresh, "here")
        unmatched += [] if fresh else [pattern]
    if one.private:
        collection.add_made(one.at.steps if one.kind == "steps" else one.at.work, start)
    collection.add("error.json", f"{one.request}/error.json", "request")
    return Collected(collection.found, missing, unmatched)


def _add_result(one: Plan, to: Collection) -> bool:
    """Add the value that a function gave; tell whether it did, or gives none.

    An earlier runner may have found it, and ended before it could tell.
    """
    for name in VALUES:
        for path in (f"{one.request}/{name}", one.at.value(name)):
            if os.path.isfile(path):  # noqa: PTH113 - hot
                main = not (one.tool and any(o.main for o in one.tool.outputs.values()))
                to.add(name, path, "outputs", main=main)
                return True
    return os.path.isfile(f"{one.request}/{RETURNED}")  # noqa: PTH113 - hot


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
