"""Asking an interpreter, before a function is sent to it, whether it can load that function."""

from __future__ import annotations

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
found = importlib.util.find_spec("cloudpickle") is not None
print(json.dumps({"version": "%d.%d" % sys.version_info[:2], "cloudpickle": found}))
"""


class Interpreter(Struct, frozen=True):
    """What is needed to know of a Python: a pickled function loads only in the same version."""

    version: str  # 3.11
    cloudpickle: bool


def check_function(python: str, context: Context) -> None:
    """Raise `InvalidRequest` unless `python` can load what the submitter's Python pickled."""
    chosen = _ask(python, "options.python", context)
    if not chosen.cloudpickle:
        raise InvalidRequest(
            f"{python} can't load the function: it has no cloudpickle.",
            field="options.python",
            value=python,
            hint=f"Run: {python} -m pip install cloudpickle",
        )
    if not context.python or context.python == python:
        return
    own = _ask(context.python, "context.python", context)
    if chosen.version != own.version:
        raise InvalidRequest(
            f"{python} is Python {chosen.version}; the function was made by {own.version}.",
            field="options.python",
            value=python,
            hint=f"Choose an interpreter of version {own.version}, or submit a script.",
        )


def _ask(python: str, field: str, context: Context) -> Interpreter:
    variables = tuple(sorted((context.environment or dict(os.environ)).items()))
    try:
        return _answer(python, Path(python).stat().st_mtime_ns, variables)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError):
        raise InvalidRequest(
            f"{python} does not answer as a Python does.",
            field=field,
            value=python,
            hint="Give the path of a working Python on the server.",
        ) from None


@lru_cache(maxsize=64)
def _answer(python: str, _changed: int, variables: tuple[tuple[str, str], ...]) -> Interpreter:
    told = subprocess.run(
        [python, "-c", _QUESTION],
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE,
        check=True,
    )
    return msgspec.json.decode(told.stdout, type=Interpreter)
