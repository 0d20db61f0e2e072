"""Opaque cursors: where a page ended, and in which order."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from ..model.errors import InvalidRequest

_Value = int | float | str | None


def encode(order: str, position: int | str) -> str:
    """Return the cursor of the page after `position`."""
    return encode_values(order, [position])


def encode_values(order: str, position: list[Any]) -> str:
    """Return the cursor of the page after a position told by several values."""
    return base64.urlsafe_b64encode(msgspec.json.encode((order, position))).decode().rstrip("=")


def decode(cursor: str, order: str) -> int:
    """Return the position of a cursor; `InvalidRequest` if it is none, or of another order."""
    (position,) = decode_values(cursor, order, 1)
    if not isinstance(position, int):
        raise _refusal(cursor)
    return position


def decode_name(cursor: str, order: str) -> str:
    """Return the position of a cursor in a listing by name; raises as `decode` does."""
    (position,) = decode_values(cursor, order, 1)
    if not isinstance(position, str):
        raise _refusal(cursor)
    return position


def decode_values(cursor: str, order: str, length: int) -> list[_Value]:
    """Return the position of a cursor made by `encode_values`, of `length` values."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        made_for, position = msgspec.json.decode(raw, type=tuple[str, list[_Value]])
    except (binascii.Error, ValueError):  # msgspec's errors are ValueErrors
        raise _refusal(cursor) from None
    if made_for != order or len(position) != length or not all(map(_fits, position)):
        raise _refusal(cursor)
    return position


def _fits(value: _Value) -> bool:
    """Tell whether the store could hold a value."""
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def _refusal(cursor: str) -> InvalidRequest:
    return InvalidRequest(
        "This is not a cursor of this listing.",
        field="cursor",
        value=cursor,
        hint="Use the `next` of the page before, with the same filters and order.",
    )
