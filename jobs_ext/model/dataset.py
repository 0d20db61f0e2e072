"""Data sets: files that a project keeps, in versions."""

from __future__ import annotations

from msgspec import Struct


class Dataset(Struct, frozen=True):
    """One version of a data set."""

    project: str  # the name of its project
    name: str  # what a file can be called
    version: int  # 1, 2, …: none is used twice, also not when one was deleted
    media_type: str  # what kind of file it is
    size: int  # bytes
    sha256: str  # hash of its content
    owner: str  # who added it
    created: str  # when it was added
