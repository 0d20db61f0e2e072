"""Verbs on API keys."""

from __future__ import annotations

import argparse

from .call import Call, Verb
from .exits import Exit
from .printing import moment


def list_(call: Call) -> Exit:
    """List the keys, the newest first."""
    found = call.client.keys.list(call.said.filter)
    if call.out.as_json:
        call.out.json(found)
        return Exit.OK
    call.out.table(
        ("id", "key", "name", "verbs", "last used", "expires", "revoked"),
        (
            (
                key.id,
                f"{key.prefix}…",
                key.name,
                ", ".join(key.verbs),
                moment(key.last_used),
                moment(key.expires),
                moment(key.revoked),
            )
            for key in found
        ),
    )
    return Exit.OK


def create(call: Call) -> Exit:
    """Make a key, and print it: it can't be had again."""
    said = call.said
    made = call.client.keys.create(said.name, said.verbs, expires=said.expires, owner=said.owner)
    if call.out.as_json:
        call.out.json(made)
    else:
        call.out.line(made.key)
    return Exit.OK


def revoke(call: Call) -> Exit:
    """End keys."""
    for key in call.said.ids:
        call.client.keys.revoke(key)
    call.out.done([{"id": key} for key in call.said.ids])
    return Exit.OK


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--filter", help="an expression: revoked is null and verbs = run")


def _add_create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what the key is for")
    parser.add_argument(
        "verbs", nargs="+", metavar="VERB", help="what it may do: read, submit, run, work, manage"
    )
    parser.add_argument(
        "--expires", metavar="TIME", help="after how long, e.g. 30d; default: never"
    )
    parser.add_argument("--owner", metavar="USER", help="for somebody else, by who may manage")


def _add_revoke(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help="ids of keys, as keys list shows them")


VERBS = [
    Verb("keys list", "List the API keys.", list_, _add_list),
    Verb("keys create", "Make an API key and print it, once.", create, _add_create),
    Verb("keys revoke", "End API keys.", revoke, _add_revoke),
]
