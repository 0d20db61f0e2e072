"""The page on the command line."""

from __future__ import annotations

import argparse

from jobs_ext.cli.exits import Exit
from jobs_ext.cli.main import VERBS
from jobs_ext.model import request

from .markdown import members, table

COMMAND_LINE_INTRODUCTION = """\
[How to use it](../how-to/command-line.md). Every command also takes `--json`, `--url` and
`--token`. Where a command takes "options of a job", they are those listed at `submit`.
"""


def command_line() -> str:
    """Return the page on the commands of ``jupyter jobs``."""
    parts = [
        "# Command line\n",
        COMMAND_LINE_INTRODUCTION,
        "## Exit codes\n",
        table(("code", "meaning"), members(Exit)),
    ]
    for verb in VERBS.values():
        parser = verb.parser()
        usage = " ".join([parser.prog, *map(_usage, _positionals(parser))])
        dashes = f" [-- {verb.dashes} …]" if verb.dashes else ""
        shown = [a for a in _actions(parser) if verb.name == "submit" or not _of_jobs(a)]
        rows = [(_option(action), _help(action)) for action in shown]
        rows += [("", "options of a job")] if len(shown) < len(_actions(parser)) else []
        parts += [f"## {verb.name}\n", f"`{usage}{dashes}`\n", f"{verb.summary}\n"]
        parts += [table(("argument", "meaning"), rows)] if rows else []
    return "\n".join(parts)


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return what a command takes, less what every command takes."""
    everywhere = ("help", "json", "url", "token")
    return [action for action in parser._actions if action.dest not in everywhere]


def _of_jobs(action: argparse.Action) -> bool:
    """Tell whether it is an option of a job, which several commands take."""
    return action.dest in request.Options.__struct_fields__


def _positionals(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in _actions(parser) if not action.option_strings]


def _usage(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest.upper())
    marks = {"?": f"[{name}]", "*": f"[{name} …]", "+": f"{name} …"}
    return marks.get(str(action.nargs), name)


def _option(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{_usage(action)}`"
    choices = "|".join(map(str, action.choices or ()))
    value = "" if action.nargs == 0 else f" {choices or action.metavar or action.dest.upper()}"
    return f"`{', '.join(action.option_strings)}{value}`"


def _help(action: argparse.Action) -> str:
    return (action.help or "").replace("%%", "%")
