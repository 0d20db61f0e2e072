"""Opaque cursors: where a page ended, and in which order."""

from __future__ import annotations

import base64
import binascii

import msgspec

from ..model.errors import InvalidRequest


def encode(order: str, position: int) -> str:
    """Return the cursor of the page after `position`."""
    return base64.urlsafe_b64encode(msgspec.json.encode((order, position))).decode().rstrip("=")


def decode(cursor: str, order: str) -> int:
    """Return the position of a cursor; `InvalidRequest` if it is none, or of another order."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        made_for, position = msgspec.json.decode(raw, type=tuple[str, int])
    except (binascii.Error, ValueError):  # msgspec's errors are ValueErrors
        made_for, position = "", 0
    if made_for != order or not -(2**63) <= position < 2**63:
        raise InvalidRequest(
            "This is not a cursor of this listing.",
            field="cursor",
            value=cursor,
            hint="Use the `next` of the page before, with the same filters and order.",
        )
    return position
