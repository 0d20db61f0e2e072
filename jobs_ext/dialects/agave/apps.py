"""Apps: the tools that can be run here."""

from __future__ import annotations

from html import escape
from typing import Any

from msgspec import UNSET

from ...model.quantities import parse_bytes, parse_duration
from ...model.tool import Tool, ToolInput, ToolParameter
from ..table import Call
from .envelope import asked, paged
from .shapes import STORAGE, Object, clock, cores, link

_GB = 1_000_000_000
_PLACEHOLDER = "{uniqueName}"  # the client's own definition of this call lacks the parameter
_ANY = -1  # Agave: no limit


def listed(call: Call) -> list[Object]:
    """List the apps that the caller may know of."""
    public = asked(call, "publicOnly")
    tools = [tool for tool in call.service.tools.list(call.who) if not (public and tool.restricted)]
    private = asked(call, "privateOnly")
    return paged(call, [summary(call, tool) for tool in tools if tool.restricted or not private])


def shown(call: Call, app: str) -> Object:
    """Show an app."""
    return full(call, call.service.tools.get(call.who, app))


def form(call: Call, app: str) -> str:
    """Return a form by which a job of an app can be submitted."""
    named = call.first("uniqueName") or call.first("appId")
    tool = call.service.tools.get(call.who, named if app == _PLACEHOLDER and named else app)
    rows = [_field("name", "Name of the job", "text", required=True)]
    rows += [_field(n, i.title or n, "text", required=i.required) for n, i in tool.inputs.items()]
    for name, declared in tool.parameters.items():
        kind = "number" if declared.type in ("integer", "number") else "text"
        title = declared.title if isinstance(declared.title, str) else name
        rows.append(_field(name, title, kind, required=declared.default is UNSET))
    return (
        f'<form method="POST" action="{escape(call.url)}/jobs/v2/">'
        f'<input type="hidden" name="appId" value="{escape(tool.id)}">'
        f'{"".join(rows)}<input type="submit"></form>'
    )


def _field(name: str, title: str, kind: str, *, required: bool) -> str:
    need = " required" if required else ""
    return f'<label>{escape(title)} <input type="{kind}" name="{escape(name)}"{need}></label>'


def summary(call: Call, tool: Tool) -> Object:
    """Return a row of a list of apps."""
    return {
        "id": tool.id,
        "name": tool.name,
        "version": tool.version,
        "revision": 1,
        "executionSystem": tool.executor,
        "shortDescription": tool.description.partition("\n")[0],
        "isPublic": not tool.restricted,
        "label": tool.title or tool.name,
        "lastModified": None,
        "_links": {"self": link(call, "apps/v2", tool.id)},
    }


def full(call: Call, tool: Tool) -> Object:
    """Return an app with what it takes and gives."""
    takes = tool.resources
    time = None if takes.timeout is None else clock(parse_duration(takes.timeout))
    links = {
        "self": link(call, "apps/v2", tool.id),
        "executionSystem": link(call, "systems/v2", tool.executor),
        "storageSystem": link(call, "systems/v2", STORAGE),
    }
    return summary(call, tool) | {
        "longDescription": tool.description,
        "available": tool.enabled,
        "executionType": "CLI",
        "parallelism": "SERIAL",
        "deploymentSystem": STORAGE,
        "defaultQueue": takes.queue or "default",
        "defaultNodeCount": 1,
        "defaultProcessorsPerNode": cores(takes.cpu),
        "defaultMemoryPerNode": None if takes.memory is None else parse_bytes(takes.memory) / _GB,
        "defaultMaxRunTime": time,
        "checkpointable": False,
        "modules": [],
        "tags": [],
        "ontology": [],
        "inputs": [_input(n, name, one) for n, (name, one) in enumerate(tool.inputs.items())],
        "parameters": [
            _parameter(n, name, one) for n, (name, one) in enumerate(tool.parameters.items())
        ],
        "outputs": [
            {
                "id": name,
                "value": {"default": one.path, "order": n, "validator": None},
                "details": {"label": one.title or name, "description": one.title},
                "semantics": {"fileTypes": [one.media_type] if one.media_type else []},
            }
            for n, (name, one) in enumerate(tool.outputs.items())
        ],
        "_links": links,
    }


def _input(order: int, name: str, one: ToolInput) -> Object:
    many = _ANY if one.multiple else 1
    value = _value(order, required=one.required, default=None)
    types = [one.media_type] if one.media_type else []
    meaning = _semantics(one.required, many) | {"fileTypes": types}
    return _entry(name, value, one.title, one.description, one.flag, meaning)


def _parameter(order: int, name: str, one: ToolParameter) -> Object:
    default = None if one.default is UNSET else one.default
    many = _ANY if one.type == "array" else 1
    value = _value(order, required=one.default is UNSET, default=default) | {"type": kind_of(one)}
    if isinstance(one.pattern, str):
        value["validator"] = one.pattern
    if isinstance(one.enum, list):
        value["enum_values"] = [{str(choice): str(choice)} for choice in one.enum]
    meaning = _semantics(one.default is UNSET, many)
    return _entry(name, value, one.title, one.description, one.flag, meaning)


def kind_of(one: ToolParameter) -> str:
    """Return Agave's type of a parameter."""
    if isinstance(one.enum, list):
        return "enumeration"
    if one.type == "boolean":
        return "flag" if one.flag else "bool"
    return "number" if one.type in ("integer", "number") else "string"


def _value(order: int, *, required: bool, default: Any) -> Object:
    return {
        "required": required,
        "visible": True,
        "default": default,
        "validator": None,
        "order": order,
    }


def _semantics(required: bool, most: int) -> Object:
    return {"minCardinality": int(required), "maxCardinality": most, "ontology": []}


def _entry(
    name: str, value: Object, title: Any, description: Any, flag: str, meaning: Object
) -> Object:
    details = {
        "label": title or name,
        "description": description or None,
        "argument": flag or None,
        "showArgument": bool(flag),
        "repeatArgument": False,
    }
    return {"id": name, "value": value, "details": details, "semantics": meaning}
