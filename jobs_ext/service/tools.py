"""The tools that can be run here, read from TOML files and read again when these change."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock

from ..model.errors import NotFound
from ..model.filters import TOOL_FIELDS
from ..model.tool import Tool
from .filters import read_filter
from .hints import did_you_mean
from .madetools import MadeTool, read_made
from .matching import matching
from .toolfiles import ToolProblem, read_tool

SHIPPED = Path(__file__).parents[1] / "tools"

#: Tells whether a caller may know of a tool.
Sees = Callable[[Tool], bool]
_Signature = tuple[tuple[str, int, int, int], ...]


def _anything(_: Tool) -> bool:
    return True


class Tools:
    """Tools by id; of two files with the same id the one in the earlier folder holds.

    The tools that come along are the last folder, and give way silently.
    """

    def __init__(
        self, folders: Sequence[Path], made: Path | None = None, asked: Sequence[Path] = ()
    ) -> None:
        """Take the folders of tool files, and that of tools which were added over HTTP.

        Of the folders those that somebody `asked` for should be there.
        """
        self._folders = list(dict.fromkeys([*(f.absolute() for f in folders), SHIPPED]))
        self._made = made
        self._asked = asked
        self._makers: dict[str, str] = {}
        self._lock = Lock()
        self._signature: _Signature | None = None
        self._tools: dict[str, Tool] = {}
        self._problems: list[ToolProblem] = []

    def list(self, filter: str | None = None, sees: Sees = _anything) -> list[Tool]:  # noqa: A002
        """Return the tools that a filter finds, by name, the newest version of each first."""
        where = read_filter(filter, TOOL_FIELDS)
        seen = [tool for tool in self._current().values() if sees(tool)]
        tools = sorted(seen, key=lambda tool: _age(tool.version), reverse=True)
        return matching(where, sorted(tools, key=lambda tool: tool.name), _field)

    def get(self, name: str, sees: Sees = _anything) -> Tool:
        """Return a tool by id or, in its newest version, by name; else raise `NotFound`."""
        tools = {id_: tool for id_, tool in self._current().items() if sees(tool)}
        found = _named(tools, name)
        if found is None:
            known = {tool.name for tool in tools.values()}
            self._refuse_unread(name)
            raise NotFound(
                f"There is no tool {name!r}.",
                field="tool",
                value=name,
                hint=did_you_mean(name, known | (tools.keys() if "-" in name else set())),
            )
        return found

    def has(self, name: str) -> bool:
        """Tell whether there is a tool of this id or name, whoever sees it."""
        return _named(self._current(), name) is not None

    def _refuse_unread(self, name: str) -> None:
        """Raise `NotFound` that says what is wrong with the file named like the tool, if any is."""
        for problem in self._problems:
            if name in (Path(problem.file).stem, Path(problem.file).stem.partition("-")[0]):
                line = f", line {problem.line}" if problem.line else ""
                raise NotFound(
                    f"The file of tool {name!r} could not be used: {problem.message}",
                    field="tool",
                    value=name,
                    hint=f"Mend {problem.file}{line}.",
                )

    def problems(self) -> builtins.list[ToolProblem]:
        """Return which folders are not there, and what is wrong with files that can't be used."""
        self._current()
        lacking = [str(folder) for folder in self._asked if not folder.is_dir()]
        return [
            *(ToolProblem(one, None, "there is no such folder") for one in lacking),
            *self._problems,
        ]

    def maker(self, tool: Tool) -> str | None:
        """Return who added a tool over HTTP; None for one that a file describes."""
        return self._makers.get(tool.id) if tool.id in self._current() else None

    def named(self, id_: str) -> Tool | None:
        """Return the tool of an id, whoever sees it; None when there is none."""
        return self._current().get(id_)

    def versions(self, name: str) -> builtins.list[Tool]:
        """Return the tools of a name."""
        return [tool for tool in self._current().values() if tool.name == name]

    def _current(self) -> dict[str, Tool]:
        files = [file for folder in self._folders for file in sorted(folder.glob("*.toml"))]
        files += [] if self._made is None else sorted(self._made.glob("*.json"))
        signature = tuple(_stamp(file) for file in files)
        with self._lock:
            if signature != self._signature:
                self._read(files)
                self._signature = signature
            return self._tools

    def _read(self, files: Sequence[Path]) -> None:
        tools: dict[str, Tool] = {}
        problems = []
        origin: dict[str, Path] = {}
        makers: dict[str, str] = {}
        for file in files:
            found = read_made(file) if file.suffix == ".json" else read_tool(file)
            if isinstance(found, MadeTool):
                makers[found.tool.id] = found.maker
                found = found.tool
            if isinstance(found, ToolProblem):
                problems.append(found)
            elif found.id in tools and file.parent == SHIPPED:
                continue  # one's own tool of the same id stands for ours
            elif found.id in tools:
                message = f"{found.id} is already described in {origin[found.id]}"
                problems.append(ToolProblem(str(file), None, message))
            else:
                tools[found.id], origin[found.id] = found, file
        self._tools, self._problems, self._makers = tools, problems, makers


def _named(tools: Mapping[str, Tool], name: str) -> Tool | None:
    if name in tools:
        return tools[name]
    versions = [tool for tool in tools.values() if tool.name == name]
    return max(versions, key=lambda tool: _age(tool.version), default=None)


def _field(tool: Tool, name: str) -> object:
    """Return the value of one of `TOOL_FIELDS`."""
    if name == "input":
        return list(tool.inputs)
    return list(tool.parameters) if name == "parameter" else getattr(tool, name)


def _stamp(file: Path) -> tuple[str, int, int, int]:
    """Return what differs when a file does, even when it is replaced within one tick."""
    try:
        facts = file.stat()
    except FileNotFoundError:  # it went away after the folder was listed
        return str(file), 0, 0, 0
    return str(file), facts.st_ino, facts.st_mtime_ns, facts.st_size


def _age(version: str) -> list[tuple[int, int, str]]:
    """Return a key by which 1.10 is newer than 1.9, and 1.0 newer than 1.0rc."""
    steps = re.findall(r"\d+|[A-Za-z]+", version)
    key = [(2, int(step), "") if step.isdigit() else (0, 0, step) for step in steps]
    return [*key, (1, 0, "")]
