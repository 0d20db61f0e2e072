"""Verbs on projects."""

from __future__ import annotations

import argparse

from jobs_ext.model.project import Project, Role

from .call import Call, Verb
from .exits import Exit
from .printing import moment


def list_(call: Call) -> Exit:
    """List the projects that we see, by name."""
    return _shown(call, call.client.projects.list(call.said.filter))


def create(call: Call) -> Exit:
    """Make a project."""
    said = call.said
    made = call.client.projects.create(
        said.name,
        title=said.title or "",
        description=said.description or "",
        visibility="public" if said.public else "private",
        members=dict(said.member),
    )
    return _shown(call, [made])


def change(call: Call) -> Exit:
    """Change a project; members are added, or given another role."""
    said = call.said
    changes: dict[str, object] = {
        name: getattr(said, name)
        for name in ("title", "description")
        if getattr(said, name) is not None
    }
    if said.public or said.private:
        changes["visibility"] = "public" if said.public else "private"
    if said.member or said.remove:
        there = call.client.projects.get(said.name)
        members = {user: str(role) for user, role in there.members.items()} | dict(said.member)
        kept = {user: role for user, role in members.items() if user not in said.remove}
        changes |= {"members": kept, "version": there.version}
    return _shown(call, [call.client.projects.update(said.name, **changes)])


def delete(call: Call) -> Exit:
    """Delete projects with their data sets; their jobs stay."""
    for name in call.said.names:
        call.client.projects.delete(name)
    call.out.done([{"name": name} for name in call.said.names])
    return Exit.OK


def _shown(call: Call, found: list[Project]) -> Exit:
    if call.out.as_json:
        call.out.json(found)
        return Exit.OK
    call.out.table(
        ("name", "title", "visibility", "owner", "members", "updated"),
        (
            (
                one.name,
                one.title,
                one.visibility,
                one.owner,
                ", ".join(f"{user} ({role})" for user, role in one.members.items()),
                moment(one.updated),
            )
            for one in found
        ),
    )
    return Exit.OK


def _member(text: str) -> tuple[str, str]:
    user, equals, role = text.rpartition("=")
    if not (user and equals and role in [*Role]):
        known = ", ".join(Role)
        raise argparse.ArgumentTypeError(f"{text!r} is not USER=ROLE; roles are {known}")
    return user, role


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--filter", metavar="FILTER", help="which, e.g. 'owner = ann'")


def _add_facts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what jobs name the project by")
    parser.add_argument("--title", help="one line for people")
    parser.add_argument("--description", metavar="TEXT", help="what it is for")
    parser.add_argument("--public", action="store_true", help="everybody sees it")
    parser.add_argument(
        "--member",
        metavar="USER=ROLE",
        type=_member,
        action="append",
        default=[],
        help="a member, as reader, writer or admin; may be repeated",
    )


def _add_change(parser: argparse.ArgumentParser) -> None:
    _add_facts(parser)
    parser.add_argument("--private", action="store_true", help="its members alone see it")
    parser.add_argument(
        "--remove",
        metavar="USER",
        action="append",
        default=[],
        help="who is no member any more; may be repeated",
    )


def _add_delete(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="names of projects")


VERBS = [
    Verb("projects list", "List projects.", list_, _add_list),
    Verb("projects create", "Make a project.", create, _add_facts),
    Verb("projects change", "Change a project and its members.", change, _add_change),
    Verb("projects delete", "Delete projects; their jobs stay.", delete, _add_delete),
]
