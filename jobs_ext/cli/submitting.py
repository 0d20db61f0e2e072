"""Verbs that start something: tools, submit, map, check, rerun."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

import msgspec

from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.handle import Handle
from jobs_ext.client.lists import problem_line
from jobs_ext.client.meant import words_of
from jobs_ext.client.targets import Target, looks_like_path
from jobs_ext.model.request import Options

from . import waiting
from .call import Call, Verb
from .exits import Exit
from .structs import add_options, given
from .values import Typing, sets

_BATCH_ONLY = ("max_running", "workers")
_EXAMPLES = """\
examples:
  jupyter jobs submit wc text=data.txt lines_only=true
  jupyter jobs submit --cpu 2 -- wc -l data.txt
  jupyter jobs submit ./report.ipynb month=2026-10 --timeout 1h --wait
"""
_MAP_EXAMPLES = """\
examples:
  jupyter jobs map wc --from files.csv lines_only=true
  jupyter jobs map --from sizes.jsonl -- ./simulate --size {size}
"""


def _target(call: Call) -> Target:
    """Return what was named, or the command behind ``--``."""
    what, words = call.said.target, call.said.arguments
    if call.command is not None:
        if what is not None:
            words.insert(0, what)  # a value for a {name} in the command
        if not call.command:
            raise InvalidRequest("There is no command behind --.", field="target.command")
        what = call.command
    if what is None:
        raise InvalidRequest(
            "Nothing to run was named.",
            field="target",
            hint="Name a tool, a ./file, or write a command behind --.",
        )
    if isinstance(what, str) and " " in what and not looks_like_path(what):
        raise InvalidRequest(
            f"{what!r} is not the name of a tool.",
            field="target",
            value=what,
            hint=f"For a command write its words behind --: -- {shlex.join(words_of(what))}",
        )
    options = given(call.said, Options)
    return call.client.options(**options).target(what)


def submit(call: Call) -> Exit:
    """Submit a job, print its id; with --wait, wait for it."""
    target = _target(call)
    return _submitted(call, target.submit(**Typing.of(target).arguments(call.said.arguments)))


def map_(call: Call) -> Exit:
    """Submit a batch: a job per row of a table."""
    target = _target(call)
    typing = Typing.of(target)
    rows = sets(call.said.source, typing)
    return _submitted(call, target.map(rows, **typing.arguments(call.said.arguments)))


def check(call: Call) -> Exit:
    """Say whether a submit would be accepted."""
    target = _target(call)
    told = target.check(**Typing.of(target).arguments(call.said.arguments))
    if call.out.as_json:
        call.out.json(told)
    else:
        call.out.fields(told)
    return Exit.OK


def rerun(call: Call) -> Exit:
    """Submit a job again, with changes."""
    job = call.job(call.said.id)
    ran = job.refresh().target
    is_tool = ran.kind == "tool"
    typing = Typing.of_tool(call.client, ran.name) if is_tool else Typing(ran.kind)
    changes = typing.arguments(call.said.arguments)
    return _submitted(call, job.rerun(**changes, options=given(call.said, Options)))


def _submitted(call: Call, handle: Any) -> Exit:
    if call.said.wait:
        return waiting.follow_up(call, [handle])
    _say(call, handle)
    return Exit.OK


def _say(call: Call, handle: Handle) -> None:
    if call.out.as_json:
        shown: Any = handle
        call.out.json(shown.refresh())
    else:
        call.out.line(handle.id)


def tools(call: Call) -> Exit:
    """List what can be run here, or show one tool with the schema of its arguments."""
    if call.said.name:
        info = call.client.tool_info(call.said.name)
        told = msgspec.to_builtins(info.tool) | {"schema": info.schema}
        if call.out.as_json:
            call.out.json(told)
        else:
            _describe(call, told)
        return Exit.OK
    listed = call.client.tools(call.said.filter)
    if call.out.as_json:
        call.out.json({"items": list(listed), "problems": listed.problems})
        return Exit.OK
    call.out.table(
        ("tool", "inputs", "parameters", "title"),
        ((t.id, ", ".join(t.inputs), ", ".join(t.parameters), t.title) for t in listed),
    )
    for problem in listed.problems:
        told = f"could not be read: {problem_line(problem)}"
        call.out.line(call.out.coloured("error", told))
    return Exit.OK


def _describe(call: Call, told: dict[str, Any]) -> None:
    call.out.fields({name: told.get(name) for name in ("name", "version", "title", "description")})
    required = told["schema"].get("required", [])
    rows = [
        (
            name,
            schema.get("type", ""),
            "required" if name in required else schema.get("default"),
            schema.get("title") or schema.get("description"),
        )
        for name, schema in told["schema"].get("properties", {}).items()
    ]
    call.out.line()
    call.out.table(("argument", "type", "default", "meaning"), rows)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "arguments",
        nargs="*",
        metavar="NAME=VALUE",
        help="arguments, typed by the tool's schema; a name given again makes a list; a file may "
        "be dataset:PROJECT/NAME@VERSION or output:JOB/NAME",
    )


def _waits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--wait", action="store_true", help="wait, as jupyter jobs wait does")


def _what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target", nargs="?", help="a tool's name, or a ./path of a notebook or script"
    )
    _arguments(parser)


def _add_submit(parser: argparse.ArgumentParser) -> None:
    _what(parser)
    _waits(parser)
    add_options(parser, Options, _BATCH_ONLY)


def _add_map(parser: argparse.ArgumentParser) -> None:
    _what(parser)
    parser.add_argument(
        "--from",
        dest="source",
        required=True,
        metavar="FILE",
        help="argument sets: .csv or .tsv with a header, JSON lines or a list; - reads JSON lines",
    )
    _waits(parser)
    add_options(parser, Options)


def _add_check(parser: argparse.ArgumentParser) -> None:
    _what(parser)
    add_options(parser, Options, _BATCH_ONLY)


def _add_rerun(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", help="id of a job, or last")
    _arguments(parser)
    _waits(parser)
    add_options(parser, Options, _BATCH_ONLY)


def _add_tools(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="show this tool and its arguments")
    parser.add_argument("--filter", help="an expression: enabled = true and input = text")


VERBS = [
    Verb("tools", "List what can be run, or show one tool.", tools, _add_tools),
    Verb("submit", "Submit a job and print its id.", submit, _add_submit, "COMMAND", _EXAMPLES),
    Verb("map", "Submit a batch: one job per row.", map_, _add_map, "COMMAND", _MAP_EXAMPLES),
    Verb("check", "Say if a submit would be accepted.", check, _add_check, "COMMAND"),
    Verb("rerun", "Submit a job again, with changes.", rerun, _add_rerun),
]
