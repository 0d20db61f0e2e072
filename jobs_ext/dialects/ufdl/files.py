"""Files that jobs of the server's own tools are given: by path or address, or outputs of jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ...model.errors import Conflict, InvalidRequest, NotFound
from ...model.tool import Tool
from .context import Ctx
from .types import Type, parse_type, plain


class Value(Struct, frozen=True, forbid_unknown_fields=True):
    """A value, and the type it is meant as."""

    value: Any
    type: str


def files(ctx: Ctx, tool: Tool, given: Mapping[str, Value]) -> dict[str, Any]:
    """Return the inputs of a tool as its jobs take them; other values are left out, as by UFDL.

    Raises `Conflict` for one that is missing, or of a type that is no file.
    """
    for name, declared in tool.inputs.items():
        if declared.required and name not in given:
            raise Conflict(f"The input {name!r} is missing.", field=f"input_values.{name}")
    found: dict[str, Any] = {}
    for name in (name for name in tool.inputs if name in given):
        value, field = given[name], f"input_values.{name}"
        found[name] = _file(ctx, value.value, parse_type(value.type, f"{field}.type"), field)
    return found


def _file(ctx: Ctx, value: Any, kind: Type, field: str) -> Any:
    """Return a path, an address, a reference to an output, or a list of such."""
    if kind.name == "Array" and isinstance(value, list):
        return [
            _file(ctx, one, kind.arguments[0], f"{field}.value[{n}]") for n, one in enumerate(value)
        ]
    if kind.is_a(plain("JobOutput")):
        return _output(ctx, value, field)
    if not kind.is_a(plain("str")):
        raise Conflict(
            f"{field} can't be of the type {kind}: it takes str or JobOutput<UFDLType>.",
            field=f"{field}.type",
            value=str(kind),
        )
    return value


def _output(ctx: Ctx, value: Any, field: str) -> Any:
    """Return a reference to the output that has a number."""
    try:
        job, name = ctx.service.outputs.numbered(ctx.who, _number(value))
    except NotFound:
        told = f"{field}: the number of an output is expected, and this is none."
        raise InvalidRequest(told, field=f"{field}.value", value=value) from None
    return {"$output": {"job": job, "name": name}}


def _number(value: Any) -> int:
    """Return the number of an output; 0, which none has, for what is no number."""
    return value if type(value) is int and 0 < value < 2**63 else 0
