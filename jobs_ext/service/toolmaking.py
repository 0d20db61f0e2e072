"""Adding tools over HTTP, replacing and removing them. Files of tools are left to who has them."""

from __future__ import annotations

from sqlalchemy import Connection

from ..model.clock import now
from ..model.errors import Conflict, Forbidden, InvalidRequest
from ..model.events import EventType
from ..model.tool import Tool
from ..store import events as event_rows
from ..store import toolgrants
from ..store.faults import mapped_faults
from .core import Core
from .madetools import MadeTool, checked_made, made_file, write_made
from .principal import Principal


class ToolMaking:
    """What can be done with tools that no file describes; jobs keep the tool of their submit.

    Whoever manages may do it; with the policy `add_tools` also who may run commands, with tools of
    their own.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._tools = core.house.tools
        self._paths = core.store.paths

    def add(self, who: Principal, wanted: Tool) -> Tool:
        """Add a tool; `Conflict` when there is one of its name and version.

        Raises `InvalidRequest` as for a file, and `Forbidden` for one that only who manages adds.
        """
        self._require(who)
        tool = checked_made(wanted, self._core.house.root)
        self._check_own(who, tool)
        with mapped_faults(self._paths.root), self._core.store.write(poke=("servers",)) as tx:
            there = self._tools.versions(tool.name)
            if self._tools.named(tool.id) is not None:  # of another name, too: a-b 1 and a b-1
                raise Conflict(
                    f"There is a tool {tool.id!r} already.",
                    field="version",
                    value=tool.version,
                    hint=f"Choose another version, or replace it: PUT tools/{tool.id} "
                    "(replace=True in Python, --replace in a terminal).",
                )
            if "manage" not in who.verbs and any(self._maker(one) != who.owner for one in there):
                raise Forbidden(
                    f"The tool {tool.name!r} is somebody else's.",
                    field="name",
                    value=tool.name,
                    hint="Choose another name.",
                )
            return self._keep(tx, who, MadeTool(who.owner, tool), "tool_added")

    def replace(self, who: Principal, name: str, wanted: Tool) -> Tool:
        """Let a tool that was added be another of the same name and version."""
        self._require(who)
        tool = checked_made(wanted, self._core.house.root)
        self._check_own(who, tool)
        with mapped_faults(self._paths.root), self._core.store.write(poke=("servers",)) as tx:
            old = self._own(who, name)
            if tool.id != old.id:
                field = "name" if tool.name != old.name else "version"
                raise InvalidRequest(
                    f"This is {tool.id}, and would replace {old.id}.",
                    field=field,
                    value=getattr(tool, field),
                    hint="Add it as a tool of its own: POST tools.",
                )
            maker = self._maker(old) or who.owner
            return self._keep(tx, who, MadeTool(maker, tool), "tool_replaced")

    def remove(self, who: Principal, name: str) -> None:
        """Remove a tool that was added, and with its last version what was granted on it."""
        self._require(who)
        with mapped_faults(self._paths.root), self._core.store.write(poke=("servers",)) as tx:
            tool = self._own(who, name)
            if len(self._tools.versions(tool.name)) == 1:
                toolgrants.clear(tx, tool.name)
            _note(tx, who, tool, "tool_removed")
            made_file(self._paths.made_tools, tool).unlink()

    def _keep(self, tx: Connection, who: Principal, made: MadeTool, kind: EventType) -> Tool:
        _note(tx, who, made.tool, kind)
        write_made(self._paths.made_tools, made)
        return made.tool

    def _maker(self, tool: Tool) -> str | None:
        return self._tools.maker(tool)

    def _require(self, who: Principal) -> None:
        policy = self._core.house.policy
        if policy.add_tools and policy.allow_run:  # a tool of one's own runs any command
            who.require("manage", "run")
        else:
            who.require("manage")

    def _check_own(self, who: Principal, tool: Tool) -> None:
        """Raise `Forbidden` for what only who manages may say of a tool."""
        for field in ("restricted", "open"):
            if getattr(tool, field) and "manage" not in who.verbs:
                raise Forbidden(
                    f"{who.owner} may not add a tool that is {field}.",
                    field=field,
                    value=True,
                    hint="It takes the verb manage.",
                )

    def _own(self, who: Principal, name: str) -> Tool:
        """Return a tool that `who` may replace or remove, named with its version."""
        tool = self._core.seen(who).get(name)
        maker = self._maker(tool)
        if maker is None:
            raise Conflict(
                f"{tool.id} is described by a file, and stays as long as that does.",
                field="tool",
                value=name,
                hint="Change or remove the file on the server.",
            )
        if "manage" not in who.verbs and maker != who.owner:
            raise Forbidden(
                f"{tool.id} was added by {maker}.",
                field="tool",
                value=name,
                hint="Ask them, or who manages this server.",
            )
        if name != tool.id:
            raise InvalidRequest(
                f"{name!r} does not say which version.",
                field="tool",
                value=name,
                hint=f"The newest is {tool.id}.",
            )
        return tool


def _note(tx: Connection, who: Principal, tool: Tool, kind: EventType) -> None:
    data = {"tool": tool.id, "by": who.owner}
    event_rows.append(tx, [event_rows.entry(now(), kind, who.owner, data=data)])
