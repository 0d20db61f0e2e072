"""Reading one tool file: TOML, strict, with the line of what is wrong."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
from msgspec import UNSET, Struct

from ..model.errors import InvalidRequest
from ..model.tool import PLACEHOLDER, Tool, check_tool
from .arguments import OPTION
from .decode import convert_request
from .environment import check_parameter_name
from .files import open_regular
from .hints import did_you_mean
from .patterns import check_pattern
from .schemas import ValueSchema

_TOOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_HEADER = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\"'-]+)\s*=")
_TOML_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")


class ToolProblem(Struct, frozen=True):
    """Why a tool file is not used."""

    file: str
    line: int | None
    message: str


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
    tool = check_tool(convert_request(plain | {"folder": str(folder)}, Tool))
    if not _TOOL.fullmatch(tool.name):
        raise InvalidRequest(f"{tool.name!r} can't name a tool.", field="name", value=tool.name)
    if tool.executor != "local":
        raise InvalidRequest(
            f"There is no executor {tool.executor!r}.",
            field="executor",
            value=tool.executor,
            hint="Only 'local' is there.",
        )
    _check_arguments(tool)
    _check_placeholders(tool)
    _check_outputs(tool)
    return tool


def _check_arguments(tool: Tool) -> None:
    for name in [*tool.inputs, *tool.parameters]:
        if not OPTION.fullmatch(name):
            raise InvalidRequest(f"{name!r} can't name an argument.", field=name, value=name)
    for name, parameter in tool.parameters.items():
        field = f"parameters.{name}"
        if tool.pass_as == "environment":  # noqa: S105
            check_parameter_name(name, field)
        schema = ValueSchema(parameter.schema(), field)
        if parameter.default is not UNSET:
            schema.check(parameter.default, f"{field}.default")


def _check_placeholders(tool: Tool) -> None:
    known = [*tool.inputs, *tool.parameters]
    for element in tool.command if isinstance(tool.command, list) else []:
        whole = PLACEHOLDER.fullmatch(element)
        if whole and whole[1] not in known:
            raise InvalidRequest(
                f"{element} in the command is neither an input nor a parameter.",
                field="command",
                value=element,
                hint=did_you_mean(whole[1], known),
            )
        inner = next((n for n in PLACEHOLDER.findall(element) if n in known), None)
        if inner and not whole:
            raise InvalidRequest(
                f"{{{inner}}} must stand alone in the command, not inside {element!r}.",
                field="command",
                value=element,
                hint="To join a flag and its value, give the parameter `flag` and spacing = false.",
            )


def _check_outputs(tool: Tool) -> None:
    for name, output in tool.outputs.items():
        check_pattern(output.path, f"outputs.{name}.path")
    mains = [name for name, output in tool.outputs.items() if output.main]
    if len(mains) > 1:
        raise InvalidRequest(
            "Only one output can be main.", field=f"outputs.{mains[1]}.main", value=mains
        )


def line_of(text: str, field: str) -> int | None:
    """Return the line (from 1) of a dotted field in TOML, or of the nearest thing around it."""
    places = _places(text)
    steps = [step for step in re.split(r"\.|\[\d+\]", field) if step]
    while steps:
        if ".".join(steps) in places:
            return places[".".join(steps)]
        steps.pop()
    return None


def _places(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    header = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADER.match(line):
            header = match[1]
            found.setdefault(header, number)
        elif match := _KEY.match(line):
            key = match[1].strip("\"'")
            found.setdefault(f"{header}.{key}" if header else key, number)
    return found
