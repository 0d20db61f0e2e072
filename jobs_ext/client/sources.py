"""The text of cells, sent along with what they define: so tracebacks of jobs show its lines."""

from __future__ import annotations

import linecache
from pathlib import Path
from types import FunctionType
from typing import Any

from .pickling import inside


def sources(function: Any) -> dict[str, str]:
    """Return the text of the cells that define a function and what it uses, by their file names.

    What was defined in a file is not among them: that will be there, or is said by its name.
    """
    waiting, seen = [function], set[int]()
    names: set[str] = set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen or not _of_notebook(one):
            continue
        seen.add(id(one))
        if isinstance(one, FunctionType):
            names.add(one.__code__.co_filename)
        waiting += [inner for _, inner in inside(one)]
    texts = {name: "".join(linecache.getlines(name)) for name in names if not Path(name).exists()}
    return {name: text for name, text in texts.items() if text}


def _of_notebook(value: Any) -> bool:
    return isinstance(value, FunctionType | type) and value.__module__ == "__main__"
