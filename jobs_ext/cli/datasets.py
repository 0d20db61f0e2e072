"""Verbs on the data sets of projects."""

from __future__ import annotations

import argparse
from pathlib import Path

from jobs_ext.model.dataset import Dataset
from jobs_ext.model.quantities import show_bytes

from .call import Call, Verb
from .exits import Exit
from .printing import moment


def list_(call: Call) -> Exit:
    """List a project's data sets, or the versions of one."""
    there = call.client.projects.datasets(call.said.project)
    if call.said.name is None:
        return _shown(call, there.newest(call.said.filter))
    return _shown(call, [one.dataset for one in there.versions(call.said.name, call.said.filter)])


def add(call: Call) -> Exit:
    """Add a file as the next version of a data set."""
    said = call.said
    there = call.client.projects.datasets(said.project)
    return _shown(call, [there.add(said.file, said.name, version=said.version).dataset])


def save(call: Call) -> Exit:
    """Copy a data set into a folder."""
    said = call.said
    there = call.client.projects.datasets(said.project)
    found = there[said.name] if said.version is None else there.version(said.name, said.version)
    folder = Path(said.to)
    folder.mkdir(parents=True, exist_ok=True)
    saved = found.save(folder)
    if call.out.as_json:
        call.out.json([str(saved)])
    else:
        call.out.line(str(saved))
    return Exit.OK


def delete(call: Call) -> Exit:
    """Delete a version of a data set, or all of them."""
    said = call.said
    call.client.projects.datasets(said.project).delete(said.name, said.version)
    call.out.done({"project": said.project, "name": said.name, "version": said.version})
    return Exit.OK


def _shown(call: Call, found: list[Dataset]) -> Exit:
    if call.out.as_json:
        call.out.json(found)
        return Exit.OK
    call.out.table(
        ("name", "version", "size", "media type", "owner", "created"),
        (
            (
                one.name,
                str(one.version),
                show_bytes(one.size),
                one.media_type,
                one.owner,
                moment(one.created),
            )
            for one in found
        ),
    )
    return Exit.OK


def _project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", help="the name of the project")


def _version(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument("--version", type=int, metavar="N", help=meaning)


def _add_list(parser: argparse.ArgumentParser) -> None:
    _project(parser)
    parser.add_argument("name", nargs="?", metavar="NAME", help="one, with all its versions")
    parser.add_argument("--filter", help='an expression: size > 1000000 and name ends ".csv"')


def _add_add(parser: argparse.ArgumentParser) -> None:
    _project(parser)
    parser.add_argument("file", metavar="FILE", help="the file to send")
    parser.add_argument("--name", help="what the data set is called; default: as the file")
    _version(parser, "only if this is the next version")


def _add_save(parser: argparse.ArgumentParser) -> None:
    _project(parser)
    parser.add_argument("name", metavar="NAME", help="which data set")
    parser.add_argument("--to", default=".", metavar="FOLDER", help="where to; default: here")
    _version(parser, "which version; default: the newest")


def _add_delete(parser: argparse.ArgumentParser) -> None:
    _project(parser)
    parser.add_argument("name", metavar="NAME", help="which data set")
    _version(parser, "which version; default: all")


VERBS = [
    Verb("datasets list", "List the data sets of a project.", list_, _add_list),
    Verb("datasets add", "Add a file to a project's data sets.", add, _add_add),
    Verb("datasets save", "Copy a data set into a folder.", save, _add_save),
    Verb("datasets delete", "Delete a data set, or a version of it.", delete, _add_delete),
]
