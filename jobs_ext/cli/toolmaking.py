"""Verbs that add tools to a server, and remove them."""

from __future__ import annotations

import argparse

from .call import Call, Verb
from .exits import Exit


def add(call: Call) -> Exit:
    """Add a tool by its file, and print its id."""
    made = call.client.add_tool(call.said.file, replace=call.said.replace)
    if call.out.as_json:
        call.out.json(made)
    else:
        call.out.line(made.id)
    return Exit.OK


def remove(call: Call) -> Exit:
    """Remove tools that were added."""
    for tool in call.said.tools:
        call.client.remove_tool(tool)
    call.out.done([{"id": tool} for tool in call.said.tools])
    return Exit.OK


def _add_add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a tool file: TOML, or .json")
    parser.add_argument(
        "--replace", action="store_true", help="in place of the one of its name and version"
    )


def _add_remove(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tools", nargs="+", metavar="TOOL", help="ids, such as wc-1.0")


VERBS = [
    Verb("tools add", "Add a tool to the server, by its file.", add, _add_add),
    Verb("tools remove", "Remove tools that were added so.", remove, _add_remove),
]
