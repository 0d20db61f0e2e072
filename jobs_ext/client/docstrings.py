"""What the docstring of a function or class says: a summary, and a text for each parameter."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import islice, takewhile

_OF_PARAMETERS = {
    *("args", "arguments", "attributes", "parameters", "params"),
    *("keyword args", "keyword arguments", "other parameters"),
}
_OF_OTHERS = {
    *("example", "examples", "note", "notes", "raises", "references", "return", "returns"),
    *("see also", "warnings", "warns", "yields"),
}
_FIELD = re.compile(r"[:@](\w+)(?: ([^:]*))?:(?: (.*))?$")
_PARAMETER = {"param", "parameter", "arg", "argument", "key", "keyword"}
# of a line with single spaces: no two parts can take the same ones, so that this is linear
_ENTRY = re.compile(
    r"(?:[-*] )?([\w*`]+(?: ?, ?[\w*`]+)*)(?: ?\(.*?\))?( )?(?::|--|–|—)(?: (.+))?$"
)


def read_docstring(text: str, names: Collection[str]) -> tuple[str, dict[str, str]]:
    """Return the summary, and what is said of those parameters that have these `names`.

    Google, NumPy and Sphinx style are read, and lines ``name: text`` below no heading at all.
    """
    lines, told = text.splitlines(), dict[str, str]()
    elsewhere, head = False, len(lines)
    for place, line in enumerate(lines):
        bare = " ".join(line.split())
        heading = bare.removesuffix(":").lower()
        if heading in _OF_PARAMETERS or heading in _OF_OTHERS:
            elsewhere, head = heading in _OF_OTHERS, min(head, place)
            continue
        called, said, is_type = _entry(bare)
        known = [name for name in called if name in names and name not in told]
        more = _below(lines, place) if known else ""
        if not elsewhere and known and (said or more):
            told |= dict.fromkeys(known, more if is_type and more else f"{said} {more}".strip())
            head = min(head, place)
        if _FIELD.match(bare):
            head = min(head, place)
    return _summary(lines[:head]), told


def _entry(bare: str) -> tuple[list[str], str, bool]:
    """Return what a line may tell of, what it says of it, and whether that may be its type."""
    if field := _FIELD.match(bare):
        called = (field[2] or "").split()[-1:] if field[1] in _PARAMETER else []
        return [name.strip("*`") for name in called], field[3] or "", False
    entry = _ENTRY.match(bare)
    called = (entry[1] if entry else bare).split(",")
    is_type = entry is not None and entry[2] is not None  # NumPy has a space before the colon
    return [name.strip(" *`") for name in called], (entry[3] or "" if entry else ""), is_type


def _below(lines: Sequence[str], place: int) -> str:
    """Return what belongs to a line: those after it that are further in, up to an empty one."""
    depth = _depth(lines[place])
    after = islice(lines, place + 1, None)
    return " ".join(line.strip() for line in takewhile(lambda one: _depth(one) > depth, after))


def _depth(line: str) -> int:
    """Return how far in a line begins; -1 for an empty one."""
    return len(line) - len(line.lstrip()) if line.strip() else -1


def _summary(lines: Sequence[str]) -> str:
    """Return the first paragraph as one line."""
    bare = [line.strip() for line in lines]
    first = next((place for place, line in enumerate(bare) if line), 0)
    return " ".join(takewhile(bool, bare[first:]))
