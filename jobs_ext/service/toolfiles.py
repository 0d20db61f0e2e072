"""Reading one tool file: TOML, strict, with the line of what is wrong."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
from msgspec import UNSET, Struct

from ..model.errors import InvalidRequest
from ..model.tool import Tool, check_tool
from .arguments import OPTION
from .decode import convert_request
from .environment import check_parameter_name
from .executors import EXECUTORS
from .files import open_regular
from .hints import did_you_mean
from .patterns import check_output_name, check_pattern
from .schemas import ValueSchema
from .toolsteps import check_placeholders, check_steps

_TOOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_HEADER = re.compile(r"\s*(\[+)([^\[\]]+)\]")
_INDEX = re.compile(r"\[\d+\]$")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"'-]+)\s*=")
_TOML_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")


class ToolProblem(Struct, frozen=True):
    """Why a tool file is not used."""

    file: str  # its path on the server
    line: int | None  # from 1; None: the whole file
    message: str  # what is wrong with it


def read_tool(path: Path) -> Tool | ToolProblem:
    """Return the tool that a file describes, or what is wrong with it."""
    try:
        with open_regular(path) as file:
            text = file.read().decode()
        return parse_tool(tomllib.loads(text), path.parent)
    except (OSError, UnicodeDecodeError) as error:
        return ToolProblem(str(path), None, f"can't be read: {error}")
    except tomllib.TOMLDecodeError as error:
        place = _TOML_LINE.search(str(error))
        line = int(place[1] or 0) if place else 0
        return ToolProblem(
            str(path), line or len(text.splitlines()), _TOML_LINE.sub("", str(error))
        )
    except InvalidRequest as error:
        return ToolProblem(str(path), line_of(text, error.field or ""), str(error))


def parse_tool(raw: dict[str, object], folder: Path) -> Tool:
    """Return the tool that these fields describe; `InvalidRequest` if they make no sense."""
    plain = msgspec.to_builtins(raw)  # TOML has dates and times, JSON has not
    return checked(convert_request(plain | {"folder": str(folder)}, Tool))


def checked(tool: Tool) -> Tool:
    """Return a tool whose fields make sense together; raise `InvalidRequest` else."""
    check_tool(tool)
    if not _TOOL.fullmatch(tool.name):
        raise InvalidRequest(f"{tool.name!r} can't name a tool.", field="name", value=tool.name)
    if tool.executor not in EXECUTORS:
        raise InvalidRequest(
            f"There is no executor {tool.executor!r}.",
            field="executor",
            value=tool.executor,
            hint=did_you_mean(tool.executor, EXECUTORS),
        )
    _check_arguments(tool)
    if isinstance(tool.command, list):
        check_placeholders(tool.command, [*tool.inputs, *tool.parameters], "command")
    _check_outputs(tool)
    check_steps(tool)
    return tool


def _check_arguments(tool: Tool) -> None:
    for name in [*tool.inputs, *tool.parameters]:
        if not OPTION.fullmatch(name):
            kind = "inputs" if name in tool.inputs else "parameters"
            raise InvalidRequest(
                f"{name!r} can't name an argument.",
                field=f"{kind}.{name}",
                value=name,
                hint="Begin with a letter or _; letters, digits, _, . and - may follow.",
            )
    for name, parameter in tool.parameters.items():
        field = f"parameters.{name}"
        if tool.pass_as == "environment":  # noqa: S105
            check_parameter_name(name, field, declared=True)
        schema = ValueSchema(parameter.schema(), field)
        if parameter.default is not UNSET:
            schema.check(parameter.default, f"{field}.default")


def _check_outputs(tool: Tool) -> None:
    for name, output in tool.outputs.items():
        check_output_name(name, f"outputs.{name}")
        check_pattern(output.path, f"outputs.{name}.path")
    mains = [name for name, output in tool.outputs.items() if output.main]
    if len(mains) > 1:
        raise InvalidRequest(
            "Only one output can be main.", field=f"outputs.{mains[1]}.main", value=mains
        )


def line_of(text: str, field: str) -> int | None:
    """Return the line (from 1) of a dotted field in TOML, or of the nearest thing around it.

    An index belongs to a table of which there are several, or to an item of a list.
    """
    places = _places(text)
    steps = [step for step in field.split(".") if step]
    while steps:
        last = _INDEX.sub("", steps[-1])
        for place in (".".join(steps), ".".join([*steps[:-1], last])):
            if place in places:
                return places[place]
        steps.pop()
    return None


def _places(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    tables: dict[str, int] = {}  # how many there are so far of those there are several of
    header = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADER.match(line):
            header = _numbered(match, tables)
            found.setdefault(header, number)
        elif match := _KEY.match(line):
            key = match[1].strip("\"'")
            found.setdefault(f"{header}.{key}" if header else key, number)
    return found


def _numbered(match: re.Match[str], tables: dict[str, int]) -> str:
    """Return the name of a table as fields write it: ``steps[1].outputs`` is in the second."""
    name = match[2].strip()
    if match[1] == "[[":
        tables[name] = tables.get(name, 0) + 1
    top, dot, below = name.partition(".")
    return f"{top}[{tables[top] - 1}]{dot}{below}" if top in tables else name
