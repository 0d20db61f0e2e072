"""What a command says: JSON for programs, tables for people, colours on a terminal alone."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

_COLOURS = {"SUCCEEDED": "32", "FAILED": "31", "CANCELLED": "33", "RUNNING": "36", "STARTING": "36"}
_COLOURS |= {"ok": "32", "warning": "33", "error": "31"}
_GAP = "  "


class Screen:
    """The standard output of a command."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._colourful = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def json(self, value: Any) -> None:
        """Print a value, structs included, as one JSON document."""
        plain = msgspec.to_builtins(value, str_keys=True)
        self.line(json.dumps(plain, indent=2, ensure_ascii=False))

    def done(self, value: Any) -> None:
        """Print what a command did to what, for programs alone; people know what they asked for."""
        if self.as_json:
            self.json(value)

    def line(self, text: str = "") -> None:
        """Print a line as it is."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def raw(self, content: bytes) -> None:
        """Print bytes."""
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()

    def table(self, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Print rows below a header; on a terminal, the last column is cut where it ends."""
        cells = [[_shown(cell) for cell in row] for row in rows]
        lines = [[name.upper() for name in header], *cells]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for row in lines:
            self.line(self._row(row, widths))

    def fields(self, told: Mapping[str, Any]) -> None:
        """Print names and values below each other; empty values are left out."""
        shown = {name: _shown(value) for name, value in told.items() if value not in (None, "", [])}
        width = max(map(len, shown), default=0)
        for name, text in shown.items():
            self.line(f"{name.ljust(width)}{_GAP}{self.coloured(text)}")

    def coloured(self, word: str, text: str = "") -> str:
        """Return `text` (default: the word) in the colour of a word, if it has one."""
        code = _COLOURS.get(word) if self._colourful else None
        return f"\x1b[{code}m{text or word}\x1b[0m" if code else text or word

    def _row(self, row: Sequence[str], widths: Sequence[int]) -> str:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if self._colourful:
            left = shutil.get_terminal_size().columns - sum(widths[:-1]) - len(_GAP) * len(padded)
            last = padded[-1].rstrip()
            padded[-1] = last if len(last) <= left else f"{last[: max(left, 10) - 1]}…"
        painted = [self.coloured(c, p) for c, p in zip(row[:-1], padded[:-1], strict=True)]
        return _GAP.join([*painted, padded[-1]]).rstrip()


def printable(text: str) -> str:
    """Return text on one line, with nothing in it that a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def moment(text: str | None) -> str:
    """Return a time of the server to the second; they are UTC everywhere."""
    return f"{text[:10]} {text[11:19]}Z" if text else ""
