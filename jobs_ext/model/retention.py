"""How long jobs are kept."""

from __future__ import annotations

from msgspec import Struct


class Retention(Struct, frozen=True):
    """The rules: what is not named is kept for ever."""

    keep: dict[str, float] = {}  # final status → seconds from a job's end to its way into the trash
    keep_deleted: float | None = None  # seconds in the trash
    keep_size: int | None = None  # bytes of the outputs that lie in the data directory


class Outlived(Struct, frozen=True):
    """What the rules would put into the trash now."""

    rules: Retention  # as the traits set them
    jobs: list[str]  # ids of the oldest that were submitted alone
    batches: list[str]  # ids of the oldest, all of whose jobs have outlived the rules
    more: bool  # whether there are others
