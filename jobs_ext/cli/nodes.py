"""Verbs on nodes: workers outside."""

from __future__ import annotations

import argparse

from jobs_ext.model.quantities import show_bytes

from .call import Call, Verb
from .exits import Exit
from .printing import moment


def list_(call: Call) -> Exit:
    """List the nodes, with what they hold."""
    found = call.client.nodes.list()
    if call.out.as_json:
        call.out.json(found)
        return Exit.OK
    call.out.table(
        ("id", "name", "cpu", "memory", "gpus", "tags", "seen", "jobs"),
        (
            (
                node.id,
                node.name,
                "" if node.cpu is None else f"{node.cpu:g}",
                "" if node.memory is None else show_bytes(node.memory),
                node.gpus,
                ", ".join(node.tags),
                moment(node.seen),
                ", ".join(f"{held.job} {held.status}" for held in node.jobs),
            )
            for node in found
        ),
    )
    return Exit.OK


def forget(call: Call) -> Exit:
    """Remove nodes that hold no jobs."""
    for node in call.said.ids:
        call.client.nodes.forget(node)
    return Exit.OK


def _add_forget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help="ids of nodes, as nodes list shows")


VERBS = [
    Verb("nodes list", "List the nodes: workers outside, and what they hold.", list_),
    Verb("nodes forget", "Remove nodes that hold no jobs.", forget, _add_forget),
]
