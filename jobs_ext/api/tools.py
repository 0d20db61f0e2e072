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


class ToolList(Struct, frozen=True):
    """All tools; each has the fields of its file, and `id` and `schema`."""

    items: list[dict[str, Any]]
    problems: list[ToolProblem]


class ToolsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the tools."""

    filter: str | None = None  # an expression: enabled = true and input = text


class ToolsHandler(JobsHandler):
    """``tools``."""

    @web.authenticated
    @authorized("read", resource="jobs_ext:tools")
    @operation("List the tools", response=ToolList, query=ToolsQuery)
    async def get(self, query: ToolsQuery) -> ToolList:
        """Return the tools, and what is wrong with files that are none."""
        return await self.call(self._list, query.filter)

    def _list(self, chosen: str | None) -> ToolList:
        tools, who = self.service.tools, self.who
        return ToolList([shown(tool) for tool in tools.list(who, chosen)], tools.problems(who))


class ToolHandler(JobsHandler):
    """``tools/{id}``."""

    @web.authenticated
    @authorized("read", resource="jobs_ext:tools")
    @operation("Show a tool", response=dict[str, Any])
    async def get(self, tool: str) -> dict[str, Any]:
        """Return one tool, by name (its newest version) or by name and version."""
        return shown(await self.call(self.service.tools.get, self.who, tool))


def shown(tool: Tool) -> dict[str, Any]:
    """Return a tool as the API shows it: with its id and the JSON Schema of its arguments."""
    fields: dict[str, Any] = msgspec.to_builtins(tool)
    return fields | {"version": tool.version, "id": tool.id, "schema": tool.schema()}
