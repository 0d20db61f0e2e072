"""Verbs on who else may do what with a job."""

from __future__ import annotations

import argparse

from .call import Call, Verb
from .exits import Exit


def grants(call: Call) -> Exit:
    """List who else may do what with a job."""
    found = call.job(call.said.id).grants
    if call.out.as_json:
        call.out.json(found)
    else:
        names = ("grantee", "read", "write", "execute")
        call.out.table(names, ([getattr(one, name) for name in names] for one in found))
    return Exit.OK


def share(call: Call) -> Exit:
    """Let a user, or everybody, see a job or do more with it."""
    said = call.said
    call.job(said.id).share(said.grantee, write=said.write, execute=said.execute)
    return Exit.OK


def unshare(call: Call) -> Exit:
    """Take back what was granted."""
    call.job(call.said.id).unshare(call.said.grantee)
    return Exit.OK


def _id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="a job; last: the newest")


def _add_share(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("grantee", metavar="USER", help="a user's name, or world")
    parser.add_argument("--write", action="store_true", help="also cancel, change, delete, share")
    parser.add_argument("--execute", action="store_true", help="also reset, and rerun as their own")


def _add_unshare(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("grantee", nargs="?", metavar="USER", help="default: all to whom it was")


VERBS = [
    Verb("grants", "List who else may do what with a job.", grants, _id),
    Verb("share", "Let others see a job, or do more with it.", share, _add_share),
    Verb("unshare", "Take back what was granted.", unshare, _add_unshare),
]
