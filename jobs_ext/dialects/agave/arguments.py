"""Inputs and parameters of a JobRequest, which may be texts, as the arguments of a tool."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from ...model.errors import InvalidRequest, JobsError, NotFound
from ...model.ids import is_id
from ...model.tool import Tool, ToolParameter
from ...service.hints import did_you_mean
from ..table import Call
from .outputs import clean, ours
from .shapes import STORAGE

_TRUE = ("true", "1", "on")
_FALSE = ("false", "0", "off")
_ARGUMENTS = "arguments."  # before the name of each in what the service says
_SCHEME = "agave://"
_OF_JOB = re.compile(r"jobs/(?:v2/)?([^/]+)/outputs/(?:media|listings)/(.+)", re.DOTALL)


def arguments_of(
    call: Call,
    tool: Tool,
    inputs: Mapping[str, Any],
    parameters: Mapping[str, Any],
    others: Mapping[str, list[str]],
) -> dict[str, Any]:
    """Return the arguments that a tool takes; `others` are those that a form names.

    Raises `InvalidRequest` for one that the tool does not have: Agave would run without it.
    """
    given = {name: value for name, value in others.items() if name in tool.inputs}
    files = {name: _split(value) for name, value in given.items()} | dict(inputs)
    values: dict[str, Any] = {n: some for n, some in others.items() if n in tool.parameters}
    values |= parameters
    _check_known("inputs", files, tool, tool.inputs)
    if not tool.additional_parameters:
        _check_known("parameters", values, tool, tool.parameters)
    given = {name: value for name, value in files.items() if value is not None}
    found = {name: _files(call, tool, name, value) for name, value in given.items()}
    for name, value in values.items():
        if value is not None and not _is_blank(tool.parameters.get(name), value):
            found[name] = _value(tool.parameters.get(name), value)
    return found


@contextmanager
def named_apart(tool: Tool) -> Iterator[None]:
    """Name in errors of the service an argument as a JobRequest does: an input, or a parameter."""
    try:
        yield
    except JobsError as error:
        field = error.field or ""
        if field.startswith(_ARGUMENTS):
            name = field.removeprefix(_ARGUMENTS)
            kind = "inputs" if name.partition("[")[0] in tool.inputs else "parameters"
            error.field = f"{kind}.{name}"
            error.message = error.message.replace(field, error.field)
        raise


def _split(values: list[str]) -> list[str]:
    return [part for value in values for part in value.split(";") if part]


def _check_known(kind: str, given: Mapping[str, Any], tool: Tool, known: Mapping[str, Any]) -> None:
    for name in given:
        if name not in known:
            raise InvalidRequest(
                f"{tool.id} has no {name!r} among its {kind}.",
                field=f"{kind}.{name}",
                value=given[name],
                hint=did_you_mean(name, known),
            )


def _files(call: Call, tool: Tool, name: str, value: Any) -> Any:
    """Return the file or the files of an input; the service looks whether they are there."""
    given = value if isinstance(value, list) else [value]
    many = [_place(call, one, f"inputs.{name}") for one in given]
    if tool.inputs[name].multiple:
        return many
    if len(many) != 1:
        raise InvalidRequest(
            f"inputs.{name} takes one file, not {len(many)}.", field=f"inputs.{name}", value=value
        )
    return many[0]


def _place(call: Call, value: Any, field: str) -> Any:
    """Return a path, a URI, or a reference to an output of a job, which need not be there yet.

    Files of our storage system lie below the server's root.
    """
    if not isinstance(value, str):
        return value
    if value.startswith(f"{call.url}/"):  # as in the links of a listing
        path = unquote(value.removeprefix(f"{call.url}/"))
        return _output(call, path, field) or value
    if not value.startswith(_SCHEME):
        return value
    system, _, path = value.removeprefix(_SCHEME).partition("/")
    if system not in (STORAGE, ""):
        raise InvalidRequest(
            f"There is no storage system {system[:100]!r} here.",
            field=field,
            value=value,
            hint=f"Write {_SCHEME}{STORAGE}/…, or the path alone.",
        )
    return _output(call, path, field) or path.lstrip("/")


def _output(call: Call, path: str, field: str) -> dict[str, Any] | None:
    """Return the reference that the path of a job's output stands for; None for another path."""
    found = _OF_JOB.fullmatch(path.lstrip("/"))
    if found is None or not is_id(found[1]):
        return None
    try:
        job, tool = call.service.jobs.with_tool(call.who.submitting(), found[1])
    except NotFound as error:
        raise InvalidRequest(error.message, field=field, value=path, hint=error.hint) from None
    name = clean(found[2])
    return {"$output": {"job": job.id, "name": ours(tool, name)}}


def _is_blank(declared: ToolParameter | None, value: Any) -> bool:
    return value == "" and declared is not None and declared.type != "string"


def _value(declared: ToolParameter | None, value: Any) -> Any:
    """Return a value as its type says, where a text or a list of one stands for it.

    What can't be turned is left as it is: the service says what is wrong with it.
    """
    kind = "string" if declared is None else declared.type
    if kind == "array":
        items = declared.items if declared is not None else None
        inner = items.get("type") if isinstance(items, dict) else None
        return [_scalar(inner, one) for one in (value if isinstance(value, list) else [value])]
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _scalar(kind, value)


def _scalar(kind: object, value: Any) -> Any:
    text = value.strip() if isinstance(value, str) else value
    if kind == "boolean" and not isinstance(value, bool | list | dict):
        word = str(text).lower()
        return True if word in _TRUE else False if word in _FALSE else value
    if kind in ("integer", "number") and isinstance(text, str):
        return _number(text, kind, value)
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _number(text: str, kind: object, otherwise: Any) -> Any:
    """Return the number that a text says; as JSON would have it, so that "1_0" and "inf" stay."""
    if len(text) > 40 or not set(text) <= set("0123456789+-.eE"):
        return otherwise
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return otherwise
    if not math.isfinite(number):
        return otherwise
    return int(number) if kind == "integer" and number.is_integer() else number
