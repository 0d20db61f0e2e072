"""Verbs on who else may do what with a job, and who with a restricted tool."""

from __future__ import annotations

import argparse

from jobs_ext.client.job import Job
from jobs_ext.client.targets import ToolTarget

from .call import Call, Verb
from .exits import Exit


def grants(call: Call) -> Exit:
    """List who may do what with a job or tool."""
    found = _shared(call).grants
    if call.out.as_json:
        call.out.json(found)
    else:
        names = ("grantee", "read", "write", "execute")
        call.out.table(names, ([getattr(one, name) for name in names] for one in found))
    return Exit.OK


def share(call: Call) -> Exit:
    """Let a user, or everybody, see a job or tool, or do more with it."""
    said = call.said
    _shared(call).share(said.grantee, write=said.write, execute=said.execute)
    call.out.done({"grantee": said.grantee})
    return Exit.OK


def unshare(call: Call) -> Exit:
    """Take back what was granted."""
    _shared(call).unshare(call.said.grantee)
    call.out.done({"grantee": call.said.grantee})
    return Exit.OK


def _shared(call: Call) -> Job | ToolTarget:
    """Return the job or tool that was named."""
    if "tool" in call.said:
        return ToolTarget(call.said.tool, call.client)
    return call.job(call.said.id)


def _id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="a job; last: the newest")


def _tool(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tool", metavar="TOOL", help="a tool, all versions of it")


def _add_share(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    _grantee(parser)
    parser.add_argument("--write", action="store_true", help="also cancel, change, delete, share")
    parser.add_argument("--execute", action="store_true", help="also reset, and rerun as their own")


def _add_share_tool(parser: argparse.ArgumentParser) -> None:
    _tool(parser)
    _grantee(parser)
    parser.add_argument("--write", action="store_true", help="also share it")
    parser.add_argument("--execute", action="store_true", help="also submit it")


def _add_unshare(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    _grantees(parser)


def _add_unshare_tool(parser: argparse.ArgumentParser) -> None:
    _tool(parser)
    _grantees(parser)


def _grantee(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("grantee", metavar="USER", help="a user's name, or world")


def _grantees(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("grantee", nargs="?", metavar="USER", help="default: all to whom it was")


VERBS = [
    Verb("grants", "List who else may do what with a job.", grants, _id),
    Verb("share", "Let others see a job, or do more with it.", share, _add_share),
    Verb("unshare", "Take back what was granted.", unshare, _add_unshare),
    Verb("tool grants", "List who may do what with a restricted tool.", grants, _tool),
    Verb("tool share", "Let others see or submit a restricted tool.", share, _add_share_tool),
    Verb("tool unshare", "Take back what was granted on a tool.", unshare, _add_unshare_tool),
]
