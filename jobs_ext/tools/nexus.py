"""Trees in Nexus files: the commands of their TREES blocks, over as many lines as they like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tables import BadInput

_QUOTED = r"'(?:[^']|'')*'(?!')"  # read in one way alone: else a row of quotes takes forever
_IS_NEXUS = re.compile(r"^\s*(#nexus\b|begin\s+\w+\s*;)", re.IGNORECASE | re.MULTILINE)
_PIECE = re.compile(rf"(\[[^\]]*(?:\]|\Z))|({_QUOTED})|(;)|([^'\[;]+)|(.)", re.DOTALL)
_TREE = re.compile(rf"u?tree\b(?:{_QUOTED}|[^='])*=(.*)", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(rf"{_QUOTED}|,|[^\s,']+")


def is_nexus(text: str) -> bool:
    """Tell whether a file is in this format, with its first line or without."""
    return _IS_NEXUS.search(text) is not None


def read_nexus(text: str) -> tuple[str, dict[str, str]]:
    """Return the trees of all TREES blocks as Newick, and what names in them stand for.

    What follows a tree without a word of its own is a further tree, as phyloDB writes them. Raises
    BadInput for a table of names that can't be read.
    """
    trees: list[str] = []
    names: dict[str, str] = {}
    inside = False
    for command in _commands(text):
        word = command.split(None, 1)[0].lower()
        tree = _TREE.fullmatch(command)
        if word in ("begin", "end", "endblock"):
            inside = command.lower().split() == ["begin", "trees"]
        elif inside and word == "translate":
            names |= _translation(command[len(word) :])
        elif inside and tree is not None:
            trees.append(tree[1])
        elif inside and command.startswith("("):
            trees.append(command)
    return "".join(f"{tree};\n" for tree in trees), names


def _commands(text: str) -> Iterator[str]:
    """Yield what stands before each semicolon, without comments and space around it."""
    pieces: list[str] = []
    for comment, quoted, end, plain, other in _PIECE.findall(text):
        if end:
            command = re.sub(r"#nexus\b", "", "".join(pieces), count=1, flags=re.IGNORECASE)
            pieces = []
            if command.strip():
                yield command.strip()
        elif not comment:
            pieces.append(quoted or plain or other)


def _translation(table: str) -> dict[str, str]:
    """Return what each name of a TRANSLATE command stands for."""
    names: dict[str, str] = {}
    entry: list[str] = []
    for word in [*_WORD.findall(table), ","]:
        if word != ",":
            entry.append(word)
            continue
        if len(entry) not in (0, 2):
            raise BadInput(f"This is no Nexus: {' '.join(entry)!r} is no entry of TRANSLATE.")
        if entry:
            names[_bare(entry[0])] = _bare(entry[1])
        entry = []
    return names


def _bare(word: str) -> str:
    return word[1:-1].replace("''", "'") if word.startswith("'") else word
