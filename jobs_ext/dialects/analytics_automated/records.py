"""What is kept of submissions beside their jobs: the service's documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from ...service import Upload
from ...service.uploads import digest
from ..table import Call

DIALECT = "analytics_automated"
BATCH, SINGLE = "batch", "single"


class Settings(Struct, frozen=True):
    """What a server may set for the dialect."""

    unfinished: Annotated[int, Meta(ge=1, le=1000)] = 15  # jobs of one caller that have not ended


class Input(Struct, frozen=True):
    """The file of a submission."""

    name: str
    media_type: str
    size: int  # bytes
    sha256: str


class Batch(Struct, frozen=True):
    """A submission: one job or several, each by one name."""

    name: str
    email: str
    tools: list[str]
    input: Input
    jobs: list[str] = []

    def with_jobs(self, jobs: Sequence[str]) -> dict[str, Any]:
        """Return what is kept of it, its jobs among it."""
        kept: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(self, jobs=[*jobs]))
        return kept


def input_record(file: Upload) -> Input:
    """Return what is kept of the file of a submission."""
    size = len(file.body) if isinstance(file.body, bytes) else file.body.stat().st_size
    return Input(file.filename, file.media_type, size, file.sha256 or digest(file.body))


def batch_of(call: Call, uuid: str) -> Batch:
    """Return a submission; `NotFound` when there is none that the caller may see."""
    kept = call.service.documents.get(call.who, DIALECT, BATCH, uuid)
    return msgspec.convert(kept.body, Batch)


def batch_with(call: Call, job: str) -> tuple[str, Batch]:
    """Return id and content of the submission that a job belongs to; raises `NotFound`."""
    kept = call.service.documents.get(call.who, DIALECT, SINGLE, job)
    uuid = str(kept.body["batch"])
    return uuid, batch_of(call, uuid)
