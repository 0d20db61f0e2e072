"""What else a text may have been meant as that names no tool."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

_OF_SHELL = frozenset("|<>&;$`*")
_FILES = (".ipynb", ".py", ".sh", ".R")


def meant(name: str) -> Iterator[str]:
    """Yield hints for a text that can't name a tool; nothing for what may name one."""
    if " " in name.strip():
        yield f"For a command write a list of words: {words_of(name)!r}."
    if "/" in name or name.endswith(_FILES) or _is_file(name):
        yield f"For a file write ./{name} or pathlib.Path({name!r})."


def words_of(command: str) -> list[str]:
    """Return the words of a command that was written as one text; what needs a shell gets one."""
    in_shell = ["sh", "-c", command]
    try:
        return in_shell if _OF_SHELL.intersection(command) else shlex.split(command)
    except ValueError:  # a quote without its end
        return in_shell


def _is_file(name: str) -> bool:
    return "." in name and name.isprintable() and Path(name).is_file()
