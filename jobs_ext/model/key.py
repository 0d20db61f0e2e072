"""API keys: how programs outside a kernel are let in, and as whom."""

from __future__ import annotations

from msgspec import Struct


class Key(Struct, frozen=True, kw_only=True):
    """An API key, without the key itself: that is shown once, when it is made."""

    id: str  # by which it is revoked
    name: str  # what it is for, in its maker's words
    owner: str  # whose jobs are submitted by it
    verbs: list[str]  # what it may do: read, submit, run, work, manage
    prefix: str  # how the key begins, to tell keys apart
    created: str  # when it was made
    expires: str | None = None  # None: never
    last_used: str | None = None  # to the minute
    revoked: str | None = None  # when it was revoked


class MadeKey(Key, frozen=True, kw_only=True):
    """An API key that was just made."""

    key: str  # the key itself, which nobody can be told again

    def __repr__(self) -> str:
        """Leave the key out, so that it does not stay in a notebook by accident."""
        return f"<API key {self.name!r} {self.prefix}… of {self.owner}: {', '.join(self.verbs)}>"


class KeyRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST keys``."""

    name: str  # what the key is for
    verbs: list[str]  # what it may do; no more than who makes it
    expires: float | str | None = None  # after how long, as seconds or e.g. "30d"; default: never
    owner: str | None = None  # whose jobs it makes; another's only with the verb manage
