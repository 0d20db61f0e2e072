"""Identifiers: UUID version 7, so that ids sort by the time they were made."""

from __future__ import annotations

import os
import re
import threading
import time

_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """Return a new UUIDv7 (RFC 9562) as 36 lower-case characters.

    Ids made by one process are strictly increasing, also within one millisecond and when the
    clock steps back: the 74 bits after the time are a counter that starts at random.
    """
    global _last
    with _lock:
        fresh = (time.time_ns() // 1_000_000) << 74 | int.from_bytes(os.urandom(10)) >> 7
        _last = fresh if fresh > _last else _last + 1
        value = _last
    milliseconds, rest = value >> 74, value & (1 << 74) - 1
    number = milliseconds << 80 | 7 << 76 | (rest >> 62) << 64 | 2 << 62 | rest & (1 << 62) - 1
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: str) -> bool:
    """Tell whether `text` has the form of an id made by `new_id`."""
    return _SHAPE.fullmatch(text) is not None
