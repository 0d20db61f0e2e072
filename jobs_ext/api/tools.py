"""Tools: what can be run here by name."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct
from tornado import web

from ..model.tool import Tool
from ..service.toolfiles import ToolProblem
from .handler import JobsHandler
from .operation import authorized, operation

RESOURCE = "jobs_ext:tools"


class ToolList(Struct, frozen=True):
    """All tools; each has the fields of its file, and `id` and `schema`."""

    items: list[dict[str, Any]]  # by name, the newest version of each first
    problems: list[ToolProblem]  # files that can't be used, and why


class ToolsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the tools."""

    filter: str | None = None  # an expression: enabled = true and input = text


class ToolsHandler(JobsHandler):
    """``tools``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List the tools", response=ToolList, query=ToolsQuery)
    async def get(self, query: ToolsQuery) -> ToolList:
        """Return the tools, and what is wrong with files that are none."""
        return await self.call(self._list, query.filter)

    def _list(self, chosen: str | None) -> ToolList:
        tools, who = self.service.tools, self.who
        return ToolList([shown(tool) for tool in tools.list(who, chosen)], tools.problems(who))

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Add a tool", response=dict[str, Any], status=201, body=Tool)
    async def post(self, body: Tool) -> dict[str, Any]:
        """Keep a tool: the fields of a tool file as JSON, where `folder` counts for nothing."""
        made = await self.call(self.service.tool_making.add, self.who, body)
        self.set_header("Location", self.url("tools", made.id))
        return shown(made)


class ToolHandler(JobsHandler):
    """``tools/{id}``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show a tool", response=dict[str, Any])
    async def get(self, tool: str) -> dict[str, Any]:
        """Return one tool, by name (its newest version) or by name and version."""
        return shown(await self.call(self.service.tools.get, self.who, tool))

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Replace a tool", response=dict[str, Any], body=Tool)
    async def put(self, tool: str, body: Tool) -> dict[str, Any]:
        """Let a tool that was added by POST be another; its jobs keep what it was."""
        replace = self.service.tool_making.replace
        return shown(await self.call(replace, self.who, tool, body))

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Remove a tool", status=204)
    async def delete(self, tool: str) -> None:
        """Remove a tool that was added by POST; its jobs stay, and can be rerun."""
        await self.call(self.service.tool_making.remove, self.who, tool)


def shown(tool: Tool) -> dict[str, Any]:
    """Return a tool as the API shows it: with its id and the JSON Schema of its arguments."""
    fields: dict[str, Any] = msgspec.to_builtins(tool)
    return fields | {"version": tool.version, "id": tool.id, "schema": tool.schema()}
