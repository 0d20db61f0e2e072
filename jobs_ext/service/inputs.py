"""The files among the arguments of a job that a node runs: what they are called there.

They are what a job here would find in its folder: the inputs of its tool that are files of this
machine, uploads, and outputs of other jobs. An address stays one: the node goes there by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import msgspec

from ..model.node import NodeInput
from ..store.contents import Spec
from ..store.jobs import JobRow
from .references import MAIN, OUTPUT, PART, is_reference
from .uris import is_uri

Arguments = dict[str, Any]
Mark = Callable[[str, Any], Any]  # of an argument's name and a file in it: what stands there

_FOLDER = "input-"  # how folders begin of files whose name is taken


class _Named:
    """Marks files by what they are called in the folder of the job: each has a name of its own."""

    def __init__(self) -> None:
        self.files: list[NodeInput] = []
        self._taken: set[str] = set()

    def __call__(self, name: str, value: Any) -> str:
        own, number = file_name(value), len(self.files)
        is_free = own not in self._taken and not own.startswith(_FOLDER)
        self._taken.add(own)
        path = own if is_free else f"{_FOLDER}{number}/{own}"
        self.files.append(NodeInput(number, name, path))
        return f"./{path}" if path.startswith("-") else path


def assigned(row: JobRow, spec: Spec) -> tuple[Arguments, list[NodeInput]]:
    """Return the arguments of a job as its node is to use them, and the files that they name."""
    named = _Named()
    return with_files(row, spec, named), named.files


def with_files(row: JobRow, spec: Spec, mark: Mark) -> Arguments:
    """Return the arguments of a job with what `mark` makes of each file in them, in their order."""
    inputs: Collection[str] = (spec.tool or {}).get("inputs", ())
    arguments: Arguments = msgspec.json.decode(row.arguments)
    return {
        name: _marked(value, name, mark, plain=name in inputs) for name, value in arguments.items()
    }


def _marked(value: Any, name: str, mark: Mark, *, plain: bool) -> Any:
    """Return a value with its files marked; `plain` text is a path in it."""
    if is_reference(value) or (plain and isinstance(value, str) and not is_uri(value)):
        return mark(name, value)
    if isinstance(value, list):
        return [_marked(one, name, mark, plain=plain) for one in value]
    if isinstance(value, dict):
        return {key: _marked(one, name, mark, plain=False) for key, one in value.items()}
    return value


def file_name(value: Any) -> str:
    """Return what a file is called: an upload's own name, else the last part of its path."""
    given = value
    if isinstance(value, dict):
        given = value[OUTPUT].get("name") if OUTPUT in value else value.get("filename")
        given = given or value.get(PART, MAIN)
    name = Path(str(given)).name
    return "input" if name in ("", "..") else name
