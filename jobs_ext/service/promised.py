"""Outputs that a tool promises, held against those that a node gave."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from ..model.tool import ToolOutput


def missing(outputs: dict[str, Any], names: Collection[str]) -> list[str]:
    """Return a sentence for each output of a tool (as JSON) that is none of those with `names`.

    A node calls an output as the tool does, or as the file that the tool declares; UFDL's workers
    put its type behind a slash. The standard output every program has, if only an empty one.
    """
    declared = msgspec.convert(outputs, dict[str, ToolOutput])
    return [
        f"it did not write its output {name} ({output.path})"
        for name, output in declared.items()
        if output.required and output.path != "stdout" and not _is_there(name, output, names)
    ]


def _is_there(name: str, output: ToolOutput, names: Collection[str]) -> bool:
    called = {part for one in names for part in (one, one.partition("/")[0])}
    return name in called or any(fnmatchcase(one, output.path) for one in names)
