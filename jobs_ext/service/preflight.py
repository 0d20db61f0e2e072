"""Asking an interpreter, before a function is sent to it, whether it can load that function."""

from __future__ import annotations

import json
import os
import subprocess
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from ..model.errors import InvalidRequest
from ..model.request import Context

_PATIENCE = 30.0  # seconds
_QUESTION = """
import importlib.util, json, sys
folders, modules = map(json.loads, sys.argv[1:])
sys.path[:1] = folders
missing = [name for name in modules if importlib.util.find_spec(name) is None]
print(json.dumps({"version": "%d.%d" % sys.version_info[:2], "missing": missing}))
"""


class Interpreter(Struct, frozen=True):
    """What is needed to know of a Python: a pickled function loads only in the same version."""

    version: str  # 3.11
    missing: list[str]  # of the modules asked for


def check_function(python: str, modules: list[str], context: Context) -> None:
    """Raise `InvalidRequest` unless `python` can load what the submitter's Python pickled.

    `modules` are the top-level modules that the function needs to be loaded.
    """
    chosen = _ask(python, "options.python", context, ("cloudpickle", *sorted(set(modules))))
    if chosen.missing:
        raise InvalidRequest(
            f"{python} can't load the function: it has no {', '.join(chosen.missing)}.",
            field="options.python",
            value=python,
            hint="Install what is missing there, or choose another interpreter.",
        )
    if not context.python or context.python == python:
        return
    own = _ask(context.python, "context.python", context, ())
    if chosen.version != own.version:
        raise InvalidRequest(
            f"{python} is Python {chosen.version}; the function was made by {own.version}.",
            field="options.python",
            value=python,
            hint=f"Choose an interpreter of version {own.version}, or submit a script.",
        )


def _ask(python: str, field: str, context: Context, modules: tuple[str, ...]) -> Interpreter:
    variables = tuple(sorted((context.environment or dict(os.environ)).items()))
    asked = (json.dumps(context.path), json.dumps(modules))
    try:
        return _answer(python, Path(python).stat().st_mtime_ns, asked, variables)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError):
        raise InvalidRequest(
            f"{python} does not answer as a Python does.",
            field=field,
            value=python,
            hint="Give the path of a working Python on the server.",
        ) from None


@lru_cache(maxsize=64)
def _answer(
    python: str, _changed: int, asked: tuple[str, str], variables: tuple[tuple[str, str], ...]
) -> Interpreter:
    told = subprocess.run(
        [python, "-c", _QUESTION, *asked],
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE,
        check=True,
    )
    return msgspec.json.decode(told.stdout, type=Interpreter)
