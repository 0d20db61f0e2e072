"""Finding interpreters and commands as the job will find them: on its own PATH, from its folder."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from ..model.errors import InvalidRequest
from ..model.request import Context, Options, Target
from ..model.tool import PLACEHOLDER, Tool
from .environment import check_text
from .files import is_file, is_folder, whole_path
from .hints import did_you_mean
from .preflight import check_function


def search_path(options: Options, context: Context) -> str:
    """Return the PATH a job of this request gets."""
    environment = context.environment if "PATH" in context.environment else os.environ
    return options.env.get("PATH", environment.get("PATH", os.defpath))


def choose_python(
    target: Target, tool: Tool | None, options: Options, context: Context, base: str
) -> str:
    """Return the interpreter: named, declared by the tool, the submitter's or the server's."""
    if options.python is not None:
        chosen = _interpreter(options.python, "options.python", options, context, base)
        if target.kind == "function":
            check_function(chosen, target.modules, context)
        return chosen
    if tool is not None:
        if tool.python:
            return _interpreter(tool.python, "target.tool", options, context, tool.folder or base)
        return sys.executable
    if context.python and target.kind != "command":
        return _interpreter(context.python, "context.python", options, context, base)
    return context.python or sys.executable


def _interpreter(name: str, field: str, options: Options, context: Context, base: str) -> str:
    found = find_program(name, base, search_path(options, context))
    if found is None:
        raise InvalidRequest(
            f"There is no interpreter {name}.",
            field=field,
            value=name,
            hint="Give the path of an executable Python on the server.",
        )
    return found


def check_kernel(name: str) -> None:
    """Raise `InvalidRequest` unless the server knows a kernel of this name."""
    from jupyter_client.kernelspec import KernelSpecManager  # only when a kernel is named

    known = KernelSpecManager().find_kernel_specs()
    if name not in known:
        raise InvalidRequest(
            f"There is no kernel {name!r}.",
            field="options.kernel",
            value=name,
            hint=did_you_mean(name, known),
        )


def find_program(name: str, folder: str, path: str) -> str | None:
    """Return the absolute path of a program, as a shell standing in `folder` would find it."""
    if os.sep not in name:
        return shutil.which(name, path=path)
    return shutil.which(str(whole_path(name, folder)))


def check_tool_command(tool: Tool, options: Options, context: Context) -> None:
    """Raise `InvalidRequest` if a program that a tool runs is not on the job's PATH."""
    for command in (tool.command, *(step.command for step in tool.steps)):
        if isinstance(command, list) and not tool.shell:
            _check_program(tool, command, options, context)


def _check_program(tool: Tool, command: list[str], options: Options, context: Context) -> None:
    program = command[0] if command else ""
    if os.sep in program or PLACEHOLDER.fullmatch(program):
        return
    if shutil.which(program, path=search_path(options, context)) is None:
        raise InvalidRequest(
            f"{tool.id} runs {program!r}, which is not on the job's PATH.",
            field="target.tool",
            value=tool.id,
            hint=f"Install {program}, or pass env={{'PATH': …}}.",
        )


def check_command(command: list[str], options: Options, context: Context, base: str) -> None:
    """Raise `InvalidRequest` unless a command can be found as the job will look for it."""
    if not command or not command[0]:
        raise InvalidRequest(
            "The command is empty.",
            field="target.command",
            value=command,
            hint='Give a list such as ["wc", "-l", "data.txt"].',
        )
    for index, element in enumerate(command):
        check_text(element, f"target.command[{index}]")
    program = command[0]
    private = options.cwd == "private" and os.sep in program and not Path(program).is_absolute()
    if private or PLACEHOLDER.fullmatch(program):
        return  # known only when the job starts
    folder = options.cwd if Path(options.cwd).is_absolute() else base
    if find_program(program, folder, search_path(options, context)) is None:
        raise _no_such_command(program, folder)


def _no_such_command(program: str, folder: str) -> InvalidRequest:
    place = Path(folder, program)
    told, hint = f"There is no command {program!r} on the job's PATH.", _HINT
    if os.sep in program:
        told = f"There is no program {program!r}, seen from {folder}."
        if is_folder(place):
            told = f"{program!r} is a folder."
        elif is_file(place):
            told = f"{program!r} is not executable."
            hint = "Make it so (chmod +x), or put what runs it before it: sh, python."
    elif is_file(place):
        hint = (
            f"To run the file {program} of this folder, write ./{program} and make it executable."
        )
    elif " " in program:
        hint = "A command is a list with one element per argument; no shell takes it apart."
    return InvalidRequest(told, field="target.command", value=program, hint=hint)


_HINT = "Check the spelling, or give its whole path."
