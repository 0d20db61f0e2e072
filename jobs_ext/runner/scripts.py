"""How a script file is started."""

from __future__ import annotations

import os
from pathlib import Path

from .failure import CannotStart

_BY_SUFFIX = {".sh": "bash", ".bash": "bash", ".zsh": "zsh", ".r": "Rscript", ".jl": "julia",
              ".pl": "perl", ".rb": "ruby", ".js": "node"}  # fmt: skip


def script_command(path: Path, python: str, *, insist: bool) -> list[str]:
    """Return the words that start a script, without its arguments.

    An executable file with a ``#!`` line starts by itself; else ``.py`` runs under `python`; else
    the ``#!`` line counts, then the suffix. `insist`: `python` was asked for by name, and comes
    before a Python script's ``#!`` line. Raises `CannotStart` when nothing says how.
    """
    suffix = path.suffix.lower()
    line = _interpreter_line(path)
    if suffix == ".py" and (insist or not (line and os.access(path, os.X_OK))):
        return [python, str(path)]
    if line and not os.access(path, os.X_OK):
        return [*line.split(maxsplit=1), str(path)]
    if suffix in _BY_SUFFIX and not line:
        return [_BY_SUFFIX[suffix], str(path)]
    if os.access(path, os.X_OK):
        return [str(path)]
    raise CannotStart(f"{path} is not executable, and neither a #! line nor its suffix says how")


def _interpreter_line(path: Path) -> str:
    """Return what stands after ``#!`` in the first line, "" when nothing does."""
    with path.open("rb") as file:
        first = file.readline(1024)
    return os.fsdecode(first[2:]).strip() if first.startswith(b"#!") else ""
