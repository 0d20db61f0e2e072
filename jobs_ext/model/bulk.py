"""One verb for many jobs, and what came of it."""

from __future__ import annotations

from msgspec import Struct

MOST = 500  # jobs of one request


class Chosen(Struct, frozen=True, forbid_unknown_fields=True):
    """Which jobs a verb is for."""

    ids: list[str]  # 1 to 500; one that is named twice counts once


class Refused(Struct, frozen=True):
    """A job with which it did not go well."""

    id: str  # of the job
    message: str  # why, with what to do instead


class Handled(Struct, frozen=True):
    """What came of a verb for many jobs: each is either here or there."""

    ids: list[str]  # with which it went well
    refused: list[Refused]  # the others
