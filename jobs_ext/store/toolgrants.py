"""Rows of grants on tools."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from ..model.grant import Grant, Right
from .schema import tool_grant

_FACTS = (tool_grant.c.grantee, tool_grant.c.write, tool_grant.c.execute)


def of_tool(connection: Connection, tool: str) -> list[Grant]:
    """Return the grants on the tool of a name, by grantee."""
    query = select(*_FACTS).where(tool_grant.c.tool == tool).order_by(tool_grant.c.grantee)
    return [
        Grant(row.grantee, write=row.write, execute=row.execute)
        for row in connection.execute(query)
    ]


def rights_of(connection: Connection, grantees: Collection[str]) -> Mapping[str, frozenset[Right]]:
    """Return what is granted to any of `grantees`, by the name of the tool."""
    query = select(tool_grant.c.tool, *_FACTS).where(tool_grant.c.grantee.in_(grantees))
    found: defaultdict[str, frozenset[Right]] = defaultdict(frozenset)
    for row in connection.execute(query):
        found[row.tool] |= Grant(row.grantee, write=row.write, execute=row.execute).rights
    return found


def put(tx: Connection, tool: str, grant: Grant) -> None:
    """Grant something on a tool, in place of what that grantee was granted before."""
    values = {"write": grant.write, "execute": grant.execute}
    fresh = insert(tool_grant).values(tool=tool, grantee=grant.grantee, **values)
    tx.execute(fresh.on_conflict_do_update(set_=values))


def clear(tx: Connection, tool: str) -> None:
    """Take all grants on a tool back."""
    tx.execute(delete(tool_grant).where(tool_grant.c.tool == tool))


def remove(tx: Connection, tool: str, grantee: str) -> None:
    """Take a grant on a tool back."""
    where = (tool_grant.c.tool == tool, tool_grant.c.grantee == grantee)
    tx.execute(delete(tool_grant).where(*where))
