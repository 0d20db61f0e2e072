"""The one part of RFC 9110 that ranged downloads need."""

from __future__ import annotations

import re

from ..model.errors import RangeNotSatisfiable

_SINGLE = re.compile(r"bytes=(\d{0,30})-(\d{0,30})", re.ASCII)


def read_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the first byte and the byte after the last that ``Range: header`` asks for.

    None means the whole file: without the header, and for forms that a server may ignore (several
    ranges, other units, nonsense). Raises `RangeNotSatisfiable` for a range behind the file's end.
    """
    match = _SINGLE.fullmatch((header or "").strip())
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        start, stop = max(0, size - int(match[2])), size
    else:
        start, stop = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
        if match[2] and int(match[2]) < start:
            return None
    if start >= stop:
        raise RangeNotSatisfiable(
            f"The file has {size} bytes.", field="Range", value=header, hint="Ask for fewer."
        )
    return start, stop
