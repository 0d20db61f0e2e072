"""The Python that submits something: what *Copy as code* gives."""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from .request import Options, Target

IMPORT = "import jobs_ext as jx\n\n"


class Expression(str):
    """Python that is written already, among arguments that are values."""

    __slots__ = ()


_WIDTH = 88  # of a line that is not broken
#: what belongs to one submit and not to the next
_OF_ONE = ("key", "hold", "after", "after_ended")


def submit_code(what: str, arguments: Mapping[str, Any], options: Options) -> str:
    """Return the statement that submits a job of `what`, an expression: see `target_code`.

    What was uploaded has no name here: it is left out, and told in a comment.
    """
    arguments = {name: _named(value) for name, value in arguments.items()}
    given = [what, *keywords(arguments)]
    return f"job = {_call(f'{_verb(options)}submit', given)}{_left_out(arguments)}"


def rerun_code(job_id: str, arguments: Mapping[str, Any]) -> str:
    """Return the statement that runs a job again with the same arguments, ready to be changed.

    Those that are no JSON stay as they are when they are not given: a comment says which.
    """
    kept = ", ".join(
        f"{name} ({value['text']})" if isinstance(value, dict) and "text" in value else name
        for name, value in arguments.items()
        if _is_part(value)
    )
    told = f"  # {_one_line(kept)}: as in that job, if not given" if kept else ""
    return f"job = {_call(f'jx.get({job_id!r}).rerun', keywords(arguments))}{told}"


def map_code(
    what: str,
    varied: Mapping[str, Sequence[Any]],
    fixed: Mapping[str, Any],
    options: Options,
) -> str:
    """Return the statement that submits one job for each combination of `varied`."""
    fixed = {name: _named(value) for name, value in fixed.items()}
    grid = _call("jx.grid", keywords(varied))
    given = [what, grid, *keywords(fixed)]
    return f"batch = {_call(f'{_verb(options)}map', given)}{_left_out(fixed)}"


def target_code(target: Target) -> str:
    """Return what `jx.submit` takes for something other than a function."""
    return repr(getattr(target, target.kind))


def keywords(values: Mapping[str, Any]) -> list[str]:
    """Return values as keyword arguments, those last whose names Python would not take."""
    told = {name: _literal(value) for name, value in values.items() if not _is_part(value)}
    odd = [name for name in told if not name.isidentifier() or keyword.iskeyword(name)]
    plain = [f"{name}={text}" for name, text in told.items() if name not in odd]
    pairs = ", ".join(f"{name!r}: {told[name]}" for name in odd)
    return [*plain, *([f"**{{{pairs}}}"] if odd else [])]


def _verb(options: Options) -> str:
    """Return ``jx.``, or ``jx.options(…).`` with what was asked for."""
    given = msgspec.to_builtins(options)
    if options.executor == "local":  # where it would run anyway
        del given["executor"]
    asked = {name: value for name, value in given.items() if name not in _OF_ONE}
    return f"{_call('jx.options', keywords(asked))}." if asked else "jx."


def _call(name: str, given: Sequence[str]) -> str:
    line = f"{name}({', '.join(given)})"
    if len(line) <= _WIDTH or not given:
        return line
    body = "".join(f"    {one},\n".replace("\n    ", "\n        ") for one in given)
    return f"{name}(\n{body})"


def _literal(value: Any) -> str:
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, dict) and "$output" in value:
        named = value["$output"]
        handle = f"jx.get({named['job']!r})"
        return f"{handle}.output({named['name']!r})" if named.get("name") else handle
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_literal(one)}' for key, one in value.items())}}}"
    return repr(value)


def _named(value: Any) -> Any:
    """Return a value that names a data set, of which a job knows the part that it became."""
    if isinstance(value, list):
        return [_named(one) for one in value]
    if not (isinstance(value, dict) and "$part" in value and "dataset" in value):
        return value
    place, _, version = value["dataset"].rpartition("@")
    project, _, name = place.rpartition("/")
    return {"$dataset": {"project": project, "name": name, "version": int(version)}}


def _is_part(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_is_part, value))
    return isinstance(value, dict) and ("$part" in value or any(map(_is_part, value.values())))


def _left_out(arguments: Mapping[str, Any]) -> str:
    names = [name for name, value in arguments.items() if _is_part(value)]
    return f"  # and {_one_line(', '.join(names))}, uploaded" if names else ""


def _one_line(text: str) -> str:
    """Return a text that ends with the comment it stands in, whatever a name or value holds."""
    return "".join(one if one.isprintable() else " " for one in text)
