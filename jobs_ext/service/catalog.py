"""The tools as each caller sees them: a restricted one is for those who were let in."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from ..model.errors import Forbidden
from ..model.grant import WORLD, Right
from ..model.tool import Tool
from ..store import toolgrants as rows
from ..store.engine import Store
from .principal import Principal
from .toolfiles import ToolProblem
from .tools import Tools

if TYPE_CHECKING:
    from .core import Core

_USE = frozenset({Right.READ, Right.EXECUTE})
_ALL = frozenset({*_USE, Right.WRITE})
_NONE: frozenset[Right] = frozenset()


class Seen:
    """The tools that one caller may know of; made anew for each request."""

    def __init__(self, store: Store, tools: Tools, who: Principal) -> None:
        self._store = store
        self._tools = tools
        self._who = who

    def rights(self, tool: Tool) -> frozenset[Right]:
        """Return what the caller may do with a tool; nothing: not even know that it is there."""
        if self._who.scope is None:
            return _ALL
        if self._who.by == "guest":
            return _USE if tool.open and not tool.restricted else _NONE
        if self._who.deputy or not tool.restricted:
            return _USE
        return self._granted.get(tool.name, _NONE)

    def list(self, filter: str | None = None) -> builtins.list[Tool]:  # noqa: A002
        """Return the tools that a filter finds, by name, the newest version of each first."""
        return self._tools.list(filter, self._sees)

    def get(self, name: str) -> Tool:
        """Return a tool by id or, in its newest version, by name; else raise `NotFound`."""
        return self._tools.get(name, self._sees)

    def to_use(self, name: str, kept: Tool | None = None) -> Tool:
        """Return a tool that the caller may submit; `kept` when there is none of that id any more.

        Raises `NotFound`, and `Forbidden` when the caller may only see it.
        """
        gone = kept is not None and self._sees(kept) and not self._tools.has(name)
        tool = kept if kept is not None and gone else self.get(name)
        if Right.EXECUTE not in self.rights(tool):
            raise Forbidden(
                f"{self._who.owner} may see {tool.id}, but not submit it.",
                field="target.tool",
                value=name,
                hint="Who may manage can grant execute on it.",
            )
        return tool

    def _sees(self, tool: Tool) -> bool:
        return Right.READ in self.rights(tool)

    @cached_property
    def _granted(self) -> Mapping[str, frozenset[Right]]:
        with self._store.read() as connection:
            return rows.rights_of(connection, (self._who.owner, WORLD))


class Catalog:
    """What can be asked of tools."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(self, who: Principal, filter: str | None = None) -> builtins.list[Tool]:  # noqa: A002
        """Return the tools that a filter finds, by name, the newest version of each first."""
        who.require("read")
        return self._core.seen(who).list(filter)

    def get(self, who: Principal, name: str) -> Tool:
        """Return a tool by id or, in its newest version, by name; else raise `NotFound`."""
        who.require("read")
        return self._core.seen(who).get(name)

    def to_submit(self, who: Principal, name: str) -> Tool:
        """Do as `get` for who submits a job of it, and may read nothing else."""
        who.require("submit", "run")
        return self._core.seen(who).get(name)

    def problems(self, who: Principal) -> builtins.list[ToolProblem]:
        """Return what is wrong with the files that could not be used."""
        who.require("read")
        return self._core.house.tools.problems()
