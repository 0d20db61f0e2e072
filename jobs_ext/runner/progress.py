"""What a running job says of how far it is: JSON lines in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from ..model.job import Progress

_MOST = 1 << 16  # bytes at the end of the file that are looked at


class ProgressFile:
    """Hands out the latest progress whenever there is a new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = 0

    def news(self) -> Progress | None:
        """Return what the last complete line says, None when nothing was added."""
        try:
            size = self._path.stat().st_size
            if size == self._size:
                return None
            with self._path.open("rb") as file:
                file.seek(max(0, size - _MOST))
                data = file.read()
        except OSError:  # the job has not begun to write it, or has removed it
            return None
        self._size = size
        return _last(data.decode("utf-8", "replace"))


def _last(text: str) -> Progress | None:
    lines = text[: text.rfind("\n") + 1].splitlines()
    return next(filter(None, map(_parsed, reversed(lines))), None)


def _parsed(line: str) -> Progress | None:
    try:
        said = msgspec.json.decode(msgspec.json.encode(json.loads(line)))
    except (ValueError, RecursionError):  # not JSON, or nothing that can be kept and given back
        return None
    if not isinstance(said, dict):
        return None
    message = said.get("message")
    return Progress(
        fraction=_fraction(said.get("fraction")),
        message=message if isinstance(message, str) else "",
        data=said.get("data"),
    )


def _fraction(said: Any) -> float | None:
    if isinstance(said, bool) or not isinstance(said, int | float) or said != said:  # NaN
        return None
    return float(min(1.0, max(0.0, said)))
