"""Rendering: a command template or a script's options, and arguments, to an argv.

Nothing here is ever parsed by a shell. Where a tool asks for one (``shell = true``), the values
are its positional parameters, so that it never parses them either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .tool import PLACEHOLDER, Tool, ToolInput, ToolParameter, ToolStep

_IN_SHELL = re.compile(r"(?<!\$)" + PLACEHOLDER.pattern)


def tool_command(tool: Tool, arguments: Mapping[str, Any]) -> list[str]:
    """Return the argv of a tool that is a command."""
    if isinstance(tool.command, str):
        return _shell(tool, tool.command, arguments)
    argv: list[str] = []
    for element in tool.command or ():
        name = _placeholder(element, {**tool.inputs, **tool.parameters})
        argv += [element] if name is None else declared(tool, name, arguments.get(name))
    return argv


def step_command(
    tool: Tool, step: ToolStep, arguments: Mapping[str, Any]
) -> list[str | dict[str, str]]:
    """Return the argv of a step; ``{"files": name}`` where the files of earlier steps belong."""
    if isinstance(step.command, str):
        return [*_shell(tool, step.command, arguments)]
    argv: list[str | dict[str, str]] = []
    for element in step.command:
        name = _placeholder(element, {**tool.inputs, **tool.parameters, **step.inputs})
        if name in step.inputs:
            argv.append({"files": name})
        else:
            argv += [element] if name is None else declared(tool, name, arguments.get(name))
    return argv


def ad_hoc_command(command: list[str], arguments: Mapping[str, Any]) -> list[str]:
    """Return a command with each element that is exactly ``{name}`` of a given argument replaced.

    A list becomes several arguments, None none.
    """
    argv: list[str] = []
    for element in command:
        name = _placeholder(element, arguments)
        argv += [element] if name is None else words(arguments[name])
    return argv


def _placeholder(element: str, known: Mapping[str, Any]) -> str | None:
    match = PLACEHOLDER.fullmatch(element)
    return match[1] if match is not None and match[1] in known else None


def declared(tool: Tool, name: str, value: Any) -> list[str]:
    """Return an input's or parameter's words: with its flag, none when unset or false."""
    how = tool.inputs.get(name) or tool.parameters.get(name) or ToolParameter()
    return flagged(how, value)


def flagged(how: ToolInput | ToolParameter, value: Any) -> list[str]:
    """Return the words of a value: a boolean's flag alone, another's flag and value."""
    if value is None or value is False:
        return []
    if value is True and how.flag:
        return [how.flag]
    said = words(value)
    if not how.flag or not said:
        return said
    if isinstance(how, ToolParameter) and not how.spacing:
        return [how.flag + word for word in said]
    return [how.flag, *said]


def words(value: Any) -> list[str]:
    """Return a value as arguments: one, none for None, several for a list."""
    if value is None:
        return []
    return [text(one) for one in value] if isinstance(value, list) else [text(value)]


def text(value: Any) -> str:
    """Return a value as one argument: text as it is, anything else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def script_options(tool: Tool | None, arguments: Mapping[str, Any]) -> list[str]:
    """Return a script's arguments as options.

    ``--name value``; a list after one ``--name``; true as ``--name`` alone, false and None not at
    all. A tool's `flag` replaces ``--name``.
    """
    argv: list[str] = []
    for name, value in arguments.items():
        how = (tool.inputs.get(name) or tool.parameters.get(name)) if tool else None
        flag = how.flag if how and how.flag else f"--{name}"
        spacing = how.spacing if isinstance(how, ToolParameter) else True
        argv += flagged(ToolParameter(flag=flag, spacing=spacing), value)
    return argv


def as_environment(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Return arguments as environment variables: lists and objects as JSON, None not at all."""
    return {name: text(value) for name, value in arguments.items() if value is not None}


def _shell(tool: Tool, template: str, arguments: Mapping[str, Any]) -> list[str]:
    """Return ``sh -c`` with each placeholder made a reference to a positional parameter."""
    values: list[str] = []
    known = {*tool.inputs, *tool.parameters}

    def reference(match: re.Match[str]) -> str:
        if match[1] not in known:
            return match[0]
        first = len(values) + 1
        values.extend(declared(tool, match[1], arguments.get(match[1])))
        numbers = range(first, len(values) + 1)
        return _references(numbers, _quoted_by(template[: match.start()]))

    script = _IN_SHELL.sub(reference, template)
    return ["/bin/sh", "-c", script, tool.name, *values]


def _references(numbers: range, quote: str) -> str:
    """Return positional parameters so that each is one word, whatever quotes stand around."""
    if quote == '"':
        return " ".join(f"${{{n}}}" for n in numbers)
    inner = " ".join(f'"${{{n}}}"' for n in numbers)
    return f"'{inner}'" if quote == "'" else inner


def _quoted_by(before: str) -> str:
    """Return the quote that is open at the end of a piece of shell: ``'``, ``"`` or none."""
    quote = ""
    escaped = False
    for character in before:
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif character in "'\"" and quote in ("", character):
            quote = "" if quote else character
    return quote
