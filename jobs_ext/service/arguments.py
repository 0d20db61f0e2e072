"""Arguments against what the target takes; compiled once, used for every job of a batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from msgspec import UNSET

from ..model.errors import InvalidRequest
from ..model.request import Target
from ..model.tool import PLACEHOLDER, Tool, ToolInput
from .environment import check_parameter_name
from .files import must_be_file, whole_path
from .hints import did_you_mean
from .references import is_reference
from .schemas import ValueSchema

Arguments = dict[str, Any]


class Rules(Protocol):
    """What a target takes."""

    def check(self, given: Arguments, prefix: str) -> Arguments:
        """Return the arguments with defaults filled in; `InvalidRequest` if they don't fit."""


class ToolRules:
    """A tool takes its declared inputs and parameters."""

    def __init__(self, tool: Tool, base: str) -> None:
        self._tool = tool
        self._schemas = {n: ValueSchema(p.schema(), n) for n, p in tool.parameters.items()}
        self._defaults = {
            n: p.default for n, p in tool.parameters.items() if p.default is not UNSET
        }
        self._required = [n for n, i in tool.inputs.items() if i.required]
        self._required += [n for n in tool.parameters if n not in self._defaults]
        self._files = Files(base)

    def check(self, given: Arguments, prefix: str) -> Arguments:
        """Return the arguments with the defaults of the others."""
        for name, value in given.items():
            self._check_one(name, value, f"{prefix}.{name}")
        for name in self._required:
            if name not in given:
                raise self._missing(name, f"{prefix}.{name}")
        return self._defaults | given

    def _check_one(self, name: str, value: Any, field: str) -> None:
        if name in self._schemas:
            self._schemas[name].check(value, field)
            refuse_zero_bytes(value, field)
        elif name in self._tool.inputs:
            self._files.check_input(self._tool.inputs[name], value, field)
        elif self._tool.additional_parameters:
            self._check_additional(name, value, field)
        else:
            raise InvalidRequest(
                f"{self._tool.id} has no argument {name!r}.",
                field=field,
                value=value,
                hint=did_you_mean(name, [*self._tool.inputs, *self._tool.parameters]),
            )

    def _check_additional(self, name: str, value: Any, field: str) -> None:
        if self._tool.pass_as == "environment":  # noqa: S105
            check_parameter_name(name, field)
        if not isinstance(value, str):
            raise InvalidRequest(
                f"{field}: an undeclared parameter must be a text.", field=field, value=value
            )
        refuse_zero_bytes(value, field)

    def _missing(self, name: str, field: str) -> InvalidRequest:
        kind = "input file" if name in self._tool.inputs else "parameter"
        return InvalidRequest(
            f"{self._tool.id} needs the {kind} {name!r}.",
            field=field,
            hint=f"Give {name}=….",
        )


class CommandRules:
    """A command takes one argument for each of its elements that is exactly ``{name}``."""

    def __init__(self, command: Iterable[str]) -> None:
        places = [PLACEHOLDER.fullmatch(element) for element in command]
        self._names = [place[1] for place in places if place]

    def check(self, given: Arguments, prefix: str) -> Arguments:
        """Return the arguments as they are."""
        for name, value in given.items():
            field = f"{prefix}.{name}"
            if name not in self._names:
                raise InvalidRequest(
                    f"The command has no place for {name!r}.",
                    field=field,
                    value=value,
                    hint=f'Write "{{{name}}}" as an element of the command. '
                    + did_you_mean(name, self._names),
                )
            refuse_zero_bytes(value, field)
        return given


class FreeRules:
    """A notebook, script or function takes any JSON; its own code checks it."""

    def check(self, given: Arguments, prefix: str) -> Arguments:
        """Return the arguments as they are."""
        return given


def rules_of(target: Target, tool: Tool | None, base: str) -> Rules:
    """Return what a target takes; relative input paths start from `base`."""
    if tool is not None:
        return ToolRules(tool, base)
    if isinstance(target.command, list):
        return CommandRules(target.command)
    return FreeRules()


def refuse_zero_bytes(value: Any, field: str) -> None:
    """Raise `InvalidRequest` for text with a zero byte: no command line can hold one."""
    if isinstance(value, str) and "\0" in value:
        raise InvalidRequest(f"{field} holds a zero byte.", field=field, value=value)
    if isinstance(value, list):
        for index, inner in enumerate(value):
            refuse_zero_bytes(inner, f"{field}[{index}]")


class Files:
    """Looks for input files, each once."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._there: set[str] = set()

    def check_input(self, declared: ToolInput, value: Any, field: str) -> None:
        """Raise `InvalidRequest` unless `value` names what the input takes."""
        if not declared.multiple:
            self._check_file(value, field)
            return
        if not isinstance(value, list) or (declared.required and not value):
            raise InvalidRequest(
                f"{field} takes a list of files.", field=field, value=value, hint="Give a list."
            )
        for index, item in enumerate(value):
            self._check_file(item, f"{field}[{index}]")

    def _check_file(self, value: Any, field: str) -> None:
        if is_reference(value):
            return
        if not isinstance(value, str) or not value:
            raise InvalidRequest(
                f"{field} takes a file.", field=field, value=value, hint="Give its path as a text."
            )
        refuse_zero_bytes(value, field)
        if value not in self._there:
            must_be_file(whole_path(value, self._base), field, value)
            self._there.add(value)
