"""Tools: those declared here, and those that somebody made by name and whose program is to come.

A tool that is made has no program until a tool file of its name is there, as upstream until its
image is pushed.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ...model.errors import Conflict, InvalidRequest, NotFound
from ...model.tool import Tool
from ..table import Call

_KIND = "tool"
_PAGE = 500
_LONGEST = 200  # characters of a name
_NOT_IN_NAMES = frozenset("/\\?#%")


class Entry(Struct, frozen=True):
    """A tool as this dialect lists it."""

    id: str
    name: str
    description: str


class NewTool(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``POST tools``."""

    name: str
    description: str = ""


def listed(call: Call) -> object:
    """List the tools: name and id of each."""
    return [[one.name, one.id] for one in entries(call)]


def create(call: Call) -> None:
    """Make a tool that has no program yet."""
    asked = call.json(NewTool)
    make(call, asked.name, asked.description)


def show(call: Call, tool: str) -> object:
    """Say whether a tool can be run."""
    known = declared(call, tool)
    if known is not None:
        status = "SUCCEEDED" if known.enabled else "DISABLED"
        return {"ready": known.enabled, "buildStatus": status}
    made(call, tool)
    return {"ready": False, "buildStatus": "NOT_BUILT"}


def delete(call: Call, tool: str) -> None:
    """Remove a tool that was made or added; those of the server's files stay."""
    if declared(call, tool) is not None:
        call.service.tool_making.remove(call.who, tool)
        return
    call.service.documents.delete(call.who, "et_engine", _KIND, made(call, tool).id)


def make(call: Call, name: str, description: str) -> Entry:
    """Make a tool without a program; `Conflict` when the name is taken."""
    good = 0 < len(name.strip()) <= _LONGEST >= len(name) and name.isprintable()
    if not good or name[0] == "." or not _NOT_IN_NAMES.isdisjoint(name):
        raise InvalidRequest(
            f"A tool can't have the name {name[:_LONGEST]!r}.",
            field="name",
            value=name,
            hint="Clients paste it into URLs: letters, digits, - and _ are good.",
        )
    taken = Conflict(f"There is a tool {name!r} already.", field="name", value=name)
    if declared(call, name) is not None:
        raise taken
    try:
        call.service.documents.put(call.who, "et_engine", _KIND, name, description, version=0)
    except Conflict:
        raise taken from None
    return Entry(name, name, description)


def entries(call: Call) -> list[Entry]:
    """Return all tools that the caller may see: newer versions before older ones of a name."""
    known = [entry_of(tool) for tool in call.service.tools.list(call.who)]
    there = {one.name for one in known}
    return [*known, *(one for one in _made(call) if one.name not in there)]


def entry_of(tool: Tool) -> Entry:
    """Return a declared tool as it is listed."""
    return Entry(tool.id, tool.name, tool.description or tool.title)


def declared(call: Call, tool: str) -> Tool | None:
    """Return a tool that can be run, None when there is none of this id or name."""
    try:
        return call.service.tools.get(call.who, tool)
    except NotFound:
        return None


def runnable(call: Call, tool: str) -> Tool:
    """Return a tool that can be run; raises `NotFound`, and `Conflict` for one without program."""
    try:
        return call.service.tools.to_submit(call.who, tool)
    except NotFound:
        if "read" not in call.who.verbs:
            raise
    made(call, tool)
    raise Conflict(
        f"The tool {tool!r} has no program yet.",
        field="tool",
        value=tool,
        hint='Add one of this name (POST api/v1/tools, or a file), pass_as = "environment".',
    )


def made(call: Call, tool: str) -> Entry:
    """Return a tool of the caller's that has no program yet; `NotFound` when there is none."""
    found = call.service.documents.get(call.who, "et_engine", _KIND, tool)
    return Entry(found.key, found.key, found.body)


def _made(call: Call) -> list[Entry]:
    found: list[Any] = []
    after = ""
    while page := call.service.documents.list(
        call.who, "et_engine", _KIND, after=after, limit=_PAGE
    ):
        found += page
        after = page[-1].key
    return [Entry(one.key, one.key, one.body) for one in found]
