"""Archiving: copies of a job's outputs in a folder that Jupyter's file browser shows."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class ArchiveRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``POST jobs/{id}/archive``."""

    folder: str  # below the server's root; {id} and {index} stand for the job's own


class Archive(Struct, frozen=True):
    """Where the outputs of a job are copied to, and how far that is."""

    folder: str  # below the server's root
    status: Literal["waiting", "done", "failed"]  # how far it is
    asked: str  # when it was asked for; with the job's option: when the job ended
    reason: str | None = None  # why it failed


class ArchivePlace(Struct, frozen=True):
    """Where files go: a folder below the root of the server that accepted the request."""

    root: str  # absolute; nothing is written outside of it
    folder: str  # relative to it
