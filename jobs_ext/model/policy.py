"""What a server's administrator lets jobs be."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from .quantities import parse_bytes, parse_duration


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits for every submit; None: no limit. A job that does not say what it takes gets these."""

    allow_run: bool = True  # false: declared tools only, whatever verbs one has
    max_cpu: Annotated[float, Meta(gt=0)] | None = None  # cores of one job
    max_memory: int | str | None = None  # of one job, e.g. "8GB"
    max_timeout: float | str | None = None  # of one attempt, e.g. "12h"
    max_batch: Annotated[int, Meta(ge=1)] | None = None  # jobs of one batch
    max_unfinished: Annotated[int, Meta(ge=1)] | None = None  # jobs of one owner not ended yet
    max_stored: int | str | None = None  # outputs, uploads and data sets of one owner, e.g. "50GB"
    add_tools: bool = False  # true: who may run may add tools over HTTP, too; needs allow_run

    def __post_init__(self) -> None:
        """Raise ValueError for a size or duration that is none."""
        _ = self.memory, self.timeout, self.stored

    @property
    def memory(self) -> int | None:
        """Bytes that one job may have."""
        return None if self.max_memory is None else parse_bytes(self.max_memory)

    @property
    def stored(self) -> int | None:
        """Bytes that one owner may keep."""
        return None if self.max_stored is None else parse_bytes(self.max_stored)

    @property
    def timeout(self) -> float | None:
        """Seconds that one attempt may take."""
        return None if self.max_timeout is None else parse_duration(self.max_timeout)
