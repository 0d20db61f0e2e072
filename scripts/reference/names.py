"""Pages on the names of the package and on the traits of the server extension."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

from traitlets import Undefined

import jobs_ext
from jobs_ext.settings import Settings

from .markdown import summary, table

CONFIGURATION_INTRODUCTION = """\
Set in `jupyter_server_config.py` as `c.JobsExtension.NAME = …`, or when a server is started:
`jupyter lab --JobsExtension.NAME=…`.
"""


def configuration() -> str:
    """Return the page on the traits of the server extension."""
    own = Settings.class_own_traits(config=True)
    rows = (
        (
            f"`{name}`",
            f"`{type(trait).__name__}`",
            _trait_default(trait),
            " ".join(trait.help.split()),
        )
        for name, trait in sorted(own.items())
    )
    return "\n".join(
        [
            "# Configuration\n",
            CONFIGURATION_INTRODUCTION,
            table(("trait", "type", "default", "meaning"), rows),
        ]
    )


def _trait_default(trait: Any) -> str:
    value = trait.default_value
    return "" if value in (Undefined, None, "") else f"`{json.dumps(value)}`"


def python() -> str:
    """Return the page on the names of the package."""
    parts = ["# Python\n", "`import jobs_ext as jx`, and then:\n"]
    for name in sorted(jobs_ext.__all__):
        value = getattr(jobs_ext, name)
        if inspect.ismodule(value):
            parts += [f"## jx.{name}\n", f"{summary(value)}\n", *_errors(value)]
        elif callable(value):
            parts += _callable(f"jx.{name}", value)
    return "\n".join(parts)


def _callable(shown: str, value: Any) -> list[str]:
    if not isinstance(value, type):
        return [f"## {shown}{_signature(value)}\n", f"{inspect.getdoc(value)}\n"]
    parts = [f"## {shown}\n", f"{inspect.getdoc(value)}\n"]
    for name, method in inspect.getmembers(value):
        told = callable(method) or isinstance(method, property)
        if told and not name.startswith("_") and inspect.getdoc(method):
            signature = _signature(method) if callable(method) else ""
            parts.append(f"- `.{name}{signature}`: {summary(method)}")
    return [*parts, ""]


def _errors(module: Any) -> list[str]:
    rows = ((f"`{n}`", summary(getattr(module, n))) for n in sorted(module.__all__))
    return [table(("error", "meaning"), rows)]


def _signature(value: Callable[..., Any]) -> str:
    plain = inspect.signature(value)
    bare = [p.replace(annotation=p.empty) for p in plain.parameters.values() if p.name != "self"]
    return str(plain.replace(parameters=bare, return_annotation=plain.empty))
