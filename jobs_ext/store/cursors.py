"""Opaque cursors: where a page ended, and in which order."""

from __future__ import annotations

import base64
import binascii
from typing import TypeVar

import msgspec

from ..model.errors import InvalidRequest

Position = TypeVar("Position", int, str)


def encode(order: str, position: int | str) -> str:
    """Return the cursor of the page after `position`."""
    return base64.urlsafe_b64encode(msgspec.json.encode((order, position))).decode().rstrip("=")


def decode(cursor: str, order: str) -> int:
    """Return the position of a cursor; `InvalidRequest` if it is none, or of another order."""
    position = _decode(cursor, order, tuple[str, int])
    if not -(2**63) <= position < 2**63:
        raise _no_cursor(cursor)
    return position


def decode_name(cursor: str, order: str) -> str:
    """Return the position of a cursor in a listing by name; raises as `decode` does."""
    return _decode(cursor, order, tuple[str, str])


def _decode(cursor: str, order: str, shape: type[tuple[str, Position]]) -> Position:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        made_for, position = msgspec.json.decode(raw, type=shape)
    except (binascii.Error, ValueError):  # msgspec's errors are ValueErrors
        raise _no_cursor(cursor) from None
    if made_for != order:
        raise _no_cursor(cursor)
    return position


def _no_cursor(given: str) -> InvalidRequest:
    return InvalidRequest(
        "This is not a cursor of this listing.",
        field="cursor",
        value=given,
        hint="Use the `next` of the page before, with the same filters and order.",
    )
