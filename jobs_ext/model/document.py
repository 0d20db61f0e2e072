"""Documents: records that only one dialect knows the meaning of."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Document(Struct, frozen=True):
    """A record of a dialect: any JSON, found by its kind and key."""

    dialect: str
    kind: str
    key: str
    owner: str  # a user name, or `grant.WORLD`
    version: int  # 1, and one more with each change
    created: str
    updated: str
    body: Any
