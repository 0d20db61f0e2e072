"""The steps of a tool, checked when it is loaded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from pathlib import PurePath

from ..model.errors import InvalidRequest
from ..model.tool import PLACEHOLDER, Tool, ToolStep
from .executors import NODE
from .hints import did_you_mean
from .patterns import check_pattern

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MOST = 100  # steps: what is told of all of them is one line of progress
_MOST_OUTPUTS = 100  # patterns of one step
_LARGEST_CODE = 255


def check_steps(tool: Tool) -> None:
    """Raise `InvalidRequest` naming the field of the first step that makes no sense."""
    if not tool.steps:
        return
    if tool.executor == NODE:
        hint = "Leave executor out, or let one command do all of it."
        raise _refused("Steps are run here, not by nodes.", "executor", tool.executor, hint)
    if tool.outputs:
        field = f"outputs.{min(tool.outputs)}"
        raise _refused("The outputs of a tool with steps are those of its steps.", field)
    if len(tool.steps) > _MOST:
        raise _refused(f"A tool may have {_MOST} steps.", "steps", len(tool.steps))
    names = Counter(step.name for step in tool.steps)
    for index, step in enumerate(tool.steps):
        field = f"steps[{index}]"
        if not _NAME.fullmatch(step.name):
            raise _refused(f"{step.name!r} can't name a step.", f"{field}.name", step.name)
        if names[step.name] > 1:
            raise _refused(f"Two steps are called {step.name!r}.", f"{field}.name", step.name)
        _check_command(tool, step, field)
        _check_codes(step, field)
        _check_files(tool, step, field)
    _check_main(tool)


def _check_command(tool: Tool, step: ToolStep, field: str) -> None:
    field = f"{field}.command"
    if not step.command or not step.command[0]:
        raise _refused(f"The command of step {step.name!r} is empty.", field)
    if isinstance(step.command, str):
        if not step.shell:
            hint = 'Write a list such as ["wc", "-l", "{text}"], or set shell = true.'
            told = f"Step {step.name!r}: a command written as one text needs shell = true."
            raise _refused(told, field, step.command, hint)
        known = [name for name in PLACEHOLDER.findall(step.command) if name in step.inputs]
        if known:
            hint = f"Its folder holds them: write {step.inputs[known[0]]}."
            raise _refused(f"A shell finds the files of {{{known[0]}}} itself.", field, hint=hint)
        return
    if step.shell:
        raise _refused(f"Step {step.name!r}: a shell takes its command as one text.", field)
    check_placeholders(step.command, [*tool.inputs, *tool.parameters, *step.inputs], field)


def check_placeholders(command: list[str], known: Collection[str], field: str) -> None:
    """Raise `InvalidRequest` for a ``{name}`` that is not known, or does not stand alone."""
    for element in command:
        whole = PLACEHOLDER.fullmatch(element)
        if whole and whole[1] not in known:
            raise InvalidRequest(
                f"{element} in the command is neither an input nor a parameter.",
                field=field,
                value=element,
                hint=did_you_mean(whole[1], known),
            )
        inner = next((n for n in PLACEHOLDER.findall(element) if n in known), None)
        if inner and not whole:
            raise InvalidRequest(
                f"{{{inner}}} must stand alone in the command, not inside {element!r}.",
                field=field,
                value=element,
                hint="To join a flag and its value, give the parameter `flag` and spacing = false.",
            )


def _check_codes(step: ToolStep, field: str) -> None:
    for kind in ("success_codes", "stop_codes"):
        for code in getattr(step, kind):
            if not 0 <= code <= _LARGEST_CODE:
                raise _refused(f"{code} is no exit code.", f"{field}.{kind}", code)
    if both := set(step.success_codes) & set(step.stop_codes):
        told = f"Step {step.name!r}: {min(both)} can't both go on and stop."
        raise _refused(told, f"{field}.stop_codes", min(both))


def _check_files(tool: Tool, step: ToolStep, field: str) -> None:
    first = min(other.ordering for other in tool.steps)
    for name, pattern in step.inputs.items():
        place = f"{field}.inputs.{name}"
        if name in tool.inputs or name in tool.parameters:
            raise _refused(f"{name!r} is an argument of the tool, too.", place, name)
        if step.ordering == first:
            told = f"No step comes before {step.name!r}."
            raise _refused(told, place, pattern, "Use an input of the tool.")
        check_pattern(pattern, place)
    if len(step.outputs) > _MOST_OUTPUTS:
        raise _refused(f"A step may have {_MOST_OUTPUTS} outputs.", f"{field}.outputs")
    for name, output in step.outputs.items():
        place = f"{field}.outputs.{name}.path"
        if output.path == "stdout":
            hint = 'Name the file: stdout = "counts.txt", and that as the path.'
            raise _refused("Of a step, stdout goes to a file.", place, output.path, hint)
        check_pattern(output.path, place)
    if step.stdout:
        check_pattern(step.stdout, f"{field}.stdout")
        if PurePath(step.stdout).name != step.stdout or set(step.stdout) & set("*?["):
            raise _refused("It is the name of one file.", f"{field}.stdout", step.stdout)


def _check_main(tool: Tool) -> None:
    mains = [
        f"steps[{index}].outputs.{name}.main"
        for index, step in enumerate(tool.steps)
        for name, output in step.outputs.items()
        if output.main
    ]
    if len(mains) > 1:
        raise _refused("Only one output can be main.", mains[1], True)


def _refused(message: str, field: str, value: object = None, hint: str = "") -> InvalidRequest:
    return InvalidRequest(message, field=field, value=value, hint=hint)
