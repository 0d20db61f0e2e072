"""Letting people in to restricted tools, and taking that back."""

from __future__ import annotations

import builtins

import msgspec
from sqlalchemy import Connection

from ..model.clock import now
from ..model.errors import Conflict, Forbidden
from ..model.events import EventType
from ..model.grant import Grant, GrantRequest, Right
from ..model.tool import Tool
from ..store import events as event_rows
from ..store import toolgrants as rows
from .access import check_grant
from .core import Core
from .grants import check_granted, wanted_grant
from .principal import Principal


class ToolGrants:
    """What can be done with the grants on a tool: they hold for all of its versions."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def list(self, who: Principal, name: str) -> builtins.list[Grant]:
        """Return who may do what with a tool, by name; those who may manage may do all."""
        who.require("read")
        tool = self._core.seen(who).get(name)
        with self._store.read() as connection:
            return rows.of_tool(connection, tool.name)

    def put(self, who: Principal, name: str, grantee: str, wanted: GrantRequest) -> Grant:
        """Grant something in place of what was granted before; no more than `who` may.

        Raises `Conflict` for a tool that is not restricted: everybody may see and submit it.
        """
        tool = self._tool(who, name)
        if not tool.restricted:
            raise Conflict(
                f"{tool.id} is for everybody already.",
                field="tool",
                value=name,
                hint="Write restricted = true into its file first.",
            )
        grant = wanted_grant(grantee, wanted)
        check_grant(self._core.seen(who).rights(tool), who, grant)
        with self._store.write(poke=()) as tx:
            rows.put(tx, tool.name, grant)
            _note(tx, tool, who, "granted", msgspec.structs.asdict(grant))
        return grant

    def remove(self, who: Principal, name: str, grantee: str) -> None:
        """Take a grant back; `NotFound` when there is none. Jobs that are there go on."""
        tool = self._tool(who, name)
        with self._store.write(poke=()) as tx:
            check_granted(grantee, rows.of_tool(tx, tool.name))
            _revoke(tx, tool, who, grantee)

    def clear(self, who: Principal, name: str) -> None:
        """Take all grants on a tool back: it is left to those who may manage."""
        tool = self._tool(who, name)
        with self._store.write(poke=()) as tx:
            for grant in rows.of_tool(tx, tool.name):
                _revoke(tx, tool, who, grant.grantee)

    def _tool(self, who: Principal, name: str) -> Tool:
        """Return a tool whose grants `who` may change."""
        who.require("submit", "run", "manage")
        seen = self._core.seen(who)
        tool = seen.get(name)
        if Right.WRITE not in seen.rights(tool):
            raise Forbidden(
                f"{who.owner} can't change who may use {tool.id}.",
                field="tool",
                value=name,
                hint="It takes the verb manage, or write on the tool.",
            )
        return tool


def _revoke(tx: Connection, tool: Tool, who: Principal, grantee: str) -> None:
    rows.remove(tx, tool.name, grantee)
    _note(tx, tool, who, "revoked", {"grantee": grantee})


def _note(
    tx: Connection, tool: Tool, who: Principal, kind: EventType, data: dict[str, object]
) -> None:
    told = {"tool": tool.name, "by": who.owner} | data
    event_rows.append(tx, [event_rows.entry(now(), kind, who.owner, data=told)])
