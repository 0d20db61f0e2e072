"""Verbs on nodes: workers outside."""

from __future__ import annotations

import argparse

from jobs_ext.client.worker import Worker
from jobs_ext.model.node import NodeRequest
from jobs_ext.model.quantities import show_bytes

from .call import Call, Verb
from .exits import Exit
from .printing import moment


def list_(call: Call) -> Exit:
    """List the nodes, with what they hold."""
    found = call.client.nodes.list(call.said.filter)
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
    call.out.done([{"id": node} for node in call.said.ids])
    return Exit.OK


def work(call: Call) -> Exit:
    """Be a node until Ctrl-C: run the commands that wait for one."""
    said = call.said
    wanted = NodeRequest(
        name=said.name, cpu=said.cpu, memory=said.memory, gpus=said.gpus, tags=said.tag or []
    )
    worker = Worker(call.client.nodes, wanted, said.tool)
    done = worker.run(most=said.most)
    if call.out.as_json:
        call.out.json({"jobs": done})
    return Exit.OK


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--filter", help="an expression: tags = gpu and seen > 2026-11-01")


def _add_work(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the node's name, the same each time")
    parser.add_argument("--cpu", type=float, help="cores it gives to a job; default: any")
    parser.add_argument("--memory", metavar="SIZE", help="memory it gives to a job; default: any")
    parser.add_argument("--gpus", type=int, default=0, help="GPUs it gives to a job; default: none")
    parser.add_argument("--tag", action="append", help="what jobs may ask for; may be repeated")
    parser.add_argument("--tool", action="append", help="only jobs of this tool; may be repeated")
    parser.add_argument("--most", type=int, metavar="N", help="end after so many jobs")


def _add_forget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help="ids of nodes, as nodes list shows")


VERBS = [
    Verb("nodes list", "List the nodes: workers outside, and what they hold.", list_, _add_list),
    Verb("nodes work", "Be a node: run the commands that wait for one.", work, _add_work),
    Verb("nodes forget", "Remove nodes that hold no jobs.", forget, _add_forget),
]
