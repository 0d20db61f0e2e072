"""Arguments against what the target takes; compiled once, used for every job of a batch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from keyword import iskeyword
from typing import Any, Protocol

from msgspec import UNSET

from ..model.errors import InvalidRequest
from ..model.request import Target
from ..model.tool import PLACEHOLDER, Tool, ToolInput
from .environment import check_parameter_name, check_text
from .files import must_be_file, whole_path
from .hints import did_you_mean
from .references import is_reference
from .sanity import check_sanity
from .schemas import ValueSchema
from .uris import Sources, is_uri

Arguments = dict[str, Any]

#: What an input, a parameter or a script's option can be called.
OPTION = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class Rules(Protocol):
    """What a target takes."""

    def check(self, given: Arguments, prefix: str) -> Arguments:
        """Return the arguments with defaults filled in; `InvalidRequest` if they don't fit."""


class ToolRules:
    """A tool takes its declared inputs and parameters."""

    def __init__(self, tool: Tool, base: str, sources: Sources) -> None:
        self._tool = tool
        self._schemas = {n: ValueSchema(p.schema(), n) for n, p in tool.parameters.items()}
        self._defaults = {
            n: p.default for n, p in tool.parameters.items() if p.default is not UNSET
        }
        self._required = [n for n, i in tool.inputs.items() if i.required]
        self._required += [n for n in tool.parameters if n not in self._defaults]
        self._files = Files(base, sources)

    def check(self, given: Arguments, prefix: str) -> Arguments:
        """Return the arguments with the defaults of the others after them."""
        for name, value in given.items():
            self._check_one(name, value, f"{prefix}.{name}")
        for name in self._required:
            if name not in given:
                raise self._missing(name, f"{prefix}.{name}")
        return given | {n: v for n, v in self._defaults.items() if n not in given}

    def _check_one(self, name: str, value: Any, field: str) -> None:
        if name in self._schemas:
            self._schemas[name].check(value, field)
            check_texts(value, field)
            if self._tool.sanity:
                check_sanity(value, field)
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
            check_parameter_name(name, field, declared=False)
        elif not OPTION.fullmatch(name):
            raise _no_name(name, field, "a parameter")
        if not isinstance(value, str):
            raise InvalidRequest(
                f"{field}: an undeclared parameter must be a text.", field=field, value=value
            )
        check_text(value, field)
        if self._tool.sanity:
            check_sanity(value, field)

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
        self._program = places[0][1] if places and places[0] else None

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
            check_texts(value, field)
            if name == self._program and not _names_program(value):
                raise InvalidRequest(f"{field} names no program.", field=field, value=value)
        return given


def _names_program(value: Any) -> bool:
    return bool(value[0] if isinstance(value, list) and value else value)


class ScriptRules:
    """A script takes any options: ``--name value``."""

    def check(self, given: Arguments, prefix: str) -> Arguments:
        """Return the arguments as they are."""
        for name, value in given.items():
            if not OPTION.fullmatch(name):
                raise _no_name(name, f"{prefix}.{name}", "an option of a script")
            check_texts(value, f"{prefix}.{name}")
        return given


class NotebookRules:
    """A notebook takes any JSON, as variables."""

    def check(self, given: Arguments, prefix: str) -> Arguments:
        """Return the arguments as they are."""
        for name in given:
            if not name.isidentifier() or iskeyword(name):
                raise _no_name(name, f"{prefix}.{name}", "a variable")
        return given


class FreeRules:
    """A function takes any JSON; its own code checks it."""

    def check(self, given: Arguments, prefix: str) -> Arguments:
        """Return the arguments as they are."""
        return given


def rules_of(target: Target, tool: Tool | None, base: str, sources: Sources) -> Rules:
    """Return what a target takes; relative input paths start from `base`, URIs are `sources`'."""
    if tool is not None:
        return ToolRules(tool, base, sources)
    if isinstance(target.command, list):
        return CommandRules(target.command)
    if isinstance(target.script, str):
        return ScriptRules()
    return NotebookRules() if isinstance(target.notebook, str) else FreeRules()


def _no_name(name: str, field: str, what: str) -> InvalidRequest:
    return InvalidRequest(f"{name!r} can't name {what}.", field=field, value=name)


def check_texts(value: Any, field: str) -> None:
    """Raise `InvalidRequest` for text, maybe in a list, that no command line can hold."""
    if isinstance(value, str):
        check_text(value, field)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            check_texts(inner, f"{field}[{index}]")


class Files:
    """Looks for input files, each once."""

    def __init__(self, base: str, sources: Sources) -> None:
        self._base = base
        self._sources = sources
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
        check_text(value, field)
        if value in self._there:
            return
        if is_uri(value):
            self._sources.check(value, field)
        else:
            must_be_file(whole_path(value, self._base), field, value)
        self._there.add(value)
