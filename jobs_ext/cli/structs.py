"""Options of commands, made from the structs that requests are made of: no second list of them."""

from __future__ import annotations

import argparse
import inspect
import json
import re
from collections.abc import Collection
from typing import Any, get_args

import msgspec

from jobs_ext.client.errors import InvalidRequest

_FIELD = re.compile(r"^    (\w+)\b[^#\n]*#\s*(?:noqa:\s*\w+\s*-\s*)?(.*)$", re.MULTILINE)


def comments(described: type) -> dict[str, str]:
    """Return what the source says beside each field or member of a class, or of one it extends."""
    said: dict[str, str] = {}
    for one in described.__mro__:
        if one.__module__.partition(".")[0] == __name__.partition(".")[0]:
            said = dict(_FIELD.findall(_source(one))) | said
    return said


def _source(described: type) -> str:
    try:
        return inspect.getsource(described)
    except OSError:  # installed without its source
        return ""


def add_options(
    parser: argparse.ArgumentParser, struct: type[msgspec.Struct], without: Collection[str] = ()
) -> None:
    """Add ``--a-field`` to `parser` for every field of `struct` but those in `without`."""
    said = comments(struct)
    group = parser.add_argument_group(f"{struct.__name__.lower()} (all optional)")
    for field in msgspec.structs.fields(struct):
        if field.name not in without:
            told = said.get(field.name, "").replace("%", "%%")
            group.add_argument(
                f"--{field.name.replace('_', '-')}", dest=field.name, help=told, **_how(field.type)
            )


def given(said: argparse.Namespace, struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the fields of `struct` that were given on the command line."""
    names = struct.__struct_fields__
    return {n: v for n in names if (v := getattr(said, n, None)) is not None}


def pair(text: str) -> tuple[str, str]:
    """Return name and value of ``NAME=VALUE``. Raises `InvalidRequest` for other words."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise InvalidRequest(
            f"{text!r} is no argument.", field="arguments", value=text, hint="Write NAME=VALUE."
        )
    return name, value


class _Pairs(argparse.Action):
    """``--env A=1 --env B=2``, as a dict."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: Any = None) -> None:
        pairs = dict(getattr(namespace, self.dest) or {})
        setattr(namespace, self.dest, pairs | dict([pair(values)]))


def _how(kind: Any) -> dict[str, Any]:
    """Return how argparse reads a value of a type."""
    kinds = [one for one in get_args(kind) or (kind,) if one is not type(None)]
    origin = getattr(kind, "__origin__", None)
    if kind is bool or kinds == [bool]:
        return {"action": "store_true", "default": None}
    if origin is list:
        items = [kind for one in kinds for kind in get_args(one) or (one,)]
        return {"action": "append", "metavar": "VALUE"} | _reads(items)
    if kind == dict[str, str]:
        return {"action": _Pairs, "metavar": "NAME=VALUE"}
    return {"metavar": "VALUE"} | _reads(kinds)


def _reads(kinds: list[Any]) -> dict[str, Any]:
    if any(isinstance(one, type) and issubclass(one, str) for one in kinds):
        return {}
    if kinds in ([int], [float]):
        return {"type": kinds[0]}
    return {"type": json.loads, "metavar": "JSON"}
