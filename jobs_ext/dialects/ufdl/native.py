"""Tools of this server that are templates, too: those that nodes run, and those with steps.

UFDL's workers can do the former. The latter are what UFDL calls meta-templates: their jobs have
children, and are not for workers.
"""

from __future__ import annotations

import re
import zlib

from msgspec import UNSET

from ...model.tool import Tool, ToolParameter
from .context import Ctx
from .shapes import TOOLS, Json

_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def templates(ctx: Ctx) -> list[Json]:
    """Return all such tools that the caller may see, as templates are kept."""
    return [_template(tool) for tool in _known(ctx)]


def template(ctx: Ctx, pk: int) -> Json | None:
    """Return the tool with that number as a template."""
    return next((one for one in templates(ctx) if one["pk"] == pk), None)


def tool_of(ctx: Ctx, pk: int) -> Tool:
    """Return the tool that a template is."""
    return next(tool for tool in _known(ctx) if number_of(tool.id) == pk)


def workable(ctx: Ctx) -> set[int]:
    """Return the numbers of the tools that name a class: UFDL's launcher can do nothing else."""
    return {number_of(tool.id) for tool in _known(ctx) if tool.function is not UNSET}


def number_of(tool_id: str) -> int:
    """Return the number that stands for a tool: larger than those of imported templates."""
    return TOOLS + zlib.crc32(tool_id.encode())


def type_of(parameter: ToolParameter) -> str:
    """Return the type of a parameter's values, as well as it can be said."""
    return _TYPES.get(str(parameter.type), "JSON")


def _known(ctx: Ctx) -> list[Tool]:
    tools = ctx.service.tools.list(ctx.who)
    return [tool for tool in tools if tool.executor == "node" or tool.steps]


def _template(tool: Tool) -> Json:
    version = re.match(r"\d{1,9}", tool.version)
    function = tool.function if isinstance(tool.function, str) else ""
    return {
        "pk": number_of(tool.id),
        "name": tool.name,
        "version": int(version[0]) if version else 1,
        "description": tool.description,
        "scope": "public",
        "domain": None,
        "licence": None,
        "creator": None,
        "creation_time": None,
        "deletion_time": None,
        "steps": [step.name for step in tool.steps],
        "specific": {
            "job_type": "Export",
            "executor_class": function.replace(":", "."),
            "required_packages": "",
            "parameters": {name: _parameter(one) for name, one in tool.parameters.items()},
        },
    }


def _parameter(one: ToolParameter) -> Json:
    kind = type_of(one)
    told: Json = {"types": [kind], "help": one.description or one.title or ""}
    if one.default is not UNSET:
        told |= {"default": one.default, "default_type": kind, "const": False}
    return told
