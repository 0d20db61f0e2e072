"""Verbs on notifications: whom a job or batch tells."""

from __future__ import annotations

import argparse
from typing import Any

from jobs_ext.model.notification import Notification

from .call import Call, Verb
from .exits import Exit

_COLUMNS = ("id", "to", "events", "last", "trouble")
_MOST = 500  # that are shown of all


def notify(call: Call) -> Exit:
    """Let a job or batch tell somebody from now on."""
    said = call.said
    made = call.handle(said.id).notify(said.to, *(word.upper() for word in said.events))
    if call.out.as_json:
        call.out.json(made)
    else:
        call.out.line(made.id)
    return Exit.OK


def notifications(call: Call) -> Exit:
    """Show whom a job or batch tells, or the newest of all, and what became of it."""
    one = call.said.id
    found = call.handle(one).notifications if one else call.client.notifications(_MOST)
    if call.out.as_json:
        call.out.json(found)
    elif one:
        call.out.table(_COLUMNS, map(_row, found))
    else:
        call.out.table(("of", *_COLUMNS), ((n.job or n.batch, *_row(n)) for n in found))
    return Exit.OK


def _row(one: Notification) -> tuple[Any, ...]:
    last = one.deliveries[0] if one.deliveries else None
    told = None if last is None else f"{last.event} {last.status}"
    return one.id, one.url, ", ".join(one.events), told, None if last is None else last.error


def unnotify(call: Call) -> Exit:
    """Let a job or batch tell somebody no more."""
    call.handle(call.said.id).unnotify(call.said.notification)
    call.out.done({"id": call.said.notification})
    return Exit.OK


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="a job or batch; last: the newest job")


def _add_notifications(parser: argparse.ArgumentParser) -> None:
    told = "a job or batch; last: the newest job; default: the newest of all yours"
    parser.add_argument("id", metavar="ID", nargs="?", help=told)


def _add_notify(parser: argparse.ArgumentParser) -> None:
    _one(parser)
    parser.add_argument("to", metavar="TO", help="https://…, mailto:ann@example.org")
    told = "statuses, DELETED … or *; default: that it ended"
    parser.add_argument("events", nargs="*", metavar="EVENT", help=told)


def _add_unnotify(parser: argparse.ArgumentParser) -> None:
    _one(parser)
    parser.add_argument("notification", metavar="NOTIFICATION", help="its id")


VERBS = [
    Verb("notify", "Let a job or batch tell somebody.", notify, _add_notify),
    Verb("notifications", "Show whom jobs and batches tell.", notifications, _add_notifications),
    Verb("unnotify", "Let a job or batch tell somebody no more.", unnotify, _add_unnotify),
]
