"""Tools as jobs that are configured: those that one file and a few words can be sent to."""

from __future__ import annotations

from statistics import median
from typing import Any

from msgspec import UNSET

from ...model.errors import NotFound
from ...model.query import JobQuery
from ...model.status import Status
from ...model.steps import in_order
from ...model.tool import Tool, ToolParameter
from ..table import Call
from .values import can_be_sent, said

_PAGE = 10  # jobs of one page
_LATEST = 20  # jobs of a tool whose times are typical
_WORDS = (UNSET, "string", "integer", "number", "boolean")
SUFFIXES = (".json", ".html")
OWN = ("job", "submission_name", "email", "input_data")  # fields of every submission


def without_suffix(text: str) -> str:
    """Return a part of a path without the suffix of a format."""
    return next((text.removesuffix(end) for end in SUFFIXES if text.endswith(end)), text)


def endpoints(call: Call) -> object:
    """Say what each job takes: those that can be run, with their required parameters.

    One of whose parameters no good value is known is left out: by its line nobody could post.
    """
    runnable = (tool for tool in offered(call) if tool.enabled)
    known = (tool for tool in runnable if all(map(said, required(tool).values())))
    return {"jobs": [*map(_line, known)]}


def listed(call: Call) -> object:
    """List the jobs that are configured, ten on a page."""
    tools = offered(call)
    number, pages = _page(call), max(1, -(-len(tools) // _PAGE))
    if not 1 <= number <= pages:
        raise NotFound("There is no such page.", field="page", value=call.first("page"))
    some = [*enumerate(tools, 1)][(number - 1) * _PAGE : number * _PAGE]
    return {
        "count": len(tools),
        "next": _page_url(call, number + 1) if number < pages else None,
        "previous": _page_url(call, number - 1) if number > 1 else None,
        "results": [{"pk": pk, "name": tool.name} for pk, tool in some],
    }


def shown(call: Call, name: str) -> object:
    """Show how a job is configured."""
    tool = find(call, without_suffix(name))
    return {
        "name": tool.name,
        "steps": [
            {"task": {"configuration": [_configuration(tool, command)]}, "ordering": ordering}
            for ordering, command in _commands(tool)
        ],
    }


def times(call: Call) -> object:
    """Say how many seconds each job typically takes."""
    found = {tool.name: _typical(call, tool) for tool in offered(call)}
    return {name: seconds for name, seconds in found.items() if seconds is not None}


def offered(call: Call) -> list[Tool]:
    """Return the tools that a submission can be made to, in their newest versions."""
    newest: dict[str, Tool] = {}
    for tool in call.service.tools.list(call.who):
        newest.setdefault(tool.name, tool)
    return [tool for tool in newest.values() if is_offered(tool)]


def find(call: Call, name: str) -> Tool:
    """Return a tool by name, if it can be submitted to; else raise `NotFound`."""
    return _offered(call.service.tools.get(call.who, name))


def to_submit(call: Call, name: str) -> Tool:
    """Do as `find` for a submission."""
    return _offered(call.service.tools.to_submit(call.who, name))


def _offered(tool: Tool) -> Tool:
    if not is_offered(tool):
        raise NotFound(f"{tool.id} takes more than a file and a few words.", field="job")
    return tool


def is_offered(tool: Tool) -> bool:
    """Tell whether all that a tool requires can be said in a submission."""
    files = sum(one.required for one in tool.inputs.values())
    return files <= 1 and all(
        name not in OWN and one.type in _WORDS and can_be_sent(one)
        for name, one in required(tool).items()
    )


def required(tool: Tool) -> dict[str, ToolParameter]:
    """Return the parameters that have to be given, by name."""
    return {name: one for name, one in tool.parameters.items() if one.default is UNSET}


def input_of(tool: Tool) -> str | None:
    """Return which input the file of a submission is for; None: the tool reads none."""
    needed = [name for name, one in tool.inputs.items() if one.required]
    known = ["input_data"] if "input_data" in tool.inputs else []
    return next(iter([*needed, *known, *tool.inputs]), None)


def _line(tool: Tool) -> str:
    named = [f"&{name}=[{said(one)}]" for name, one in required(tool).items()]
    fixed = "&submission_name=[STRING]&email=[EMAIL_STRING]&input_data=[FILE]"
    return f"/submission/&job={tool.name}{fixed}{''.join(named)}"


def _commands(tool: Tool) -> list[tuple[int, Any]]:
    if not tool.steps:
        ways = (tool.command, tool.script, tool.notebook, tool.function)
        return [(0, next(way for way in ways if way is not UNSET))]
    return [(step.ordering, step.command) for group in in_order(tool.steps) for step in group]


def _configuration(tool: Tool, command: Any) -> dict[str, Any]:
    words = command if isinstance(command, list) else str(command).split()
    return {
        "type": "Software",
        "name": words[0] if words else tool.name,
        "parameters": " ".join(words[1:]),
        "version": tool.version,
    }


def _typical(call: Call, tool: Tool) -> float | None:
    query = JobQuery(tool=tool.name, status=[Status.SUCCEEDED], limit=_LATEST)
    ended = call.service.jobs.list(call.who, query).items
    seconds = [job.attempts[-1].duration for job in ended if job.attempts]
    known = [one for one in seconds if one is not None]
    return round(median(known), 3) if known else None


def _page(call: Call) -> int:
    """Return the number of the page that is asked for; 0 for what is none."""
    asked = call.first("page", "1")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0


def _page_url(call: Call, number: int) -> str:
    return f"{call.url}/job/?page={number}"
