"""What the files that a job reads were like at submit: one that is edited before it starts is told.

A job that comes after others takes its files as they are then: those others may write them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from ..model.tool import Tool
from ..model.work import Fingerprint
from .files import open_regular, whole_path
from .resolve import Plan
from .uris import is_uri

_MOST = 10_000  # files of one request; those beyond are taken as they are at the start


class Fingerprints:
    """Gathers the fingerprints of one request; up to `hashed` bytes of its files are hashed too."""

    def __init__(self, hashed: int) -> None:
        self._left = hashed
        self._found: dict[str, Fingerprint] = {}

    def taken(self, plan: Plan, argument_sets: Iterable[dict[str, Any]]) -> Plan:
        """Return the plan with the fingerprints of all files that its jobs read."""
        options = plan.spec.options
        if options.after or options.after_ended:
            return plan
        for path in options.inputs:
            if not is_uri(path):
                self._take(path)
        for arguments in argument_sets if plan.tool is not None and plan.tool.inputs else ():
            for path in files_of(plan.tool, arguments, plan.spec.base):
                self._take(path)
        spec = msgspec.structs.replace(plan.spec, inputs=self._found)
        return msgspec.structs.replace(plan, spec=spec)

    def _take(self, path: str) -> None:
        if path in self._found or len(self._found) >= _MOST:
            return
        try:
            with open_regular(Path(path)) as file:
                found = Fingerprint.of(os.fstat(file.fileno()))
                if found.size <= self._left:
                    self._left -= found.size
                    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                    found = msgspec.structs.replace(found, sha256=sha256)
        except OSError:  # it has gone meanwhile: the start will tell
            return
        self._found[path] = found


def files_of(tool: Tool | None, arguments: dict[str, Any], base: str) -> Iterator[str]:
    """Yield the absolute paths that the arguments give for a tool's inputs."""
    for name in tool.inputs if tool else ():
        value = arguments.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and not is_uri(one):
                yield str(whole_path(one, base))
