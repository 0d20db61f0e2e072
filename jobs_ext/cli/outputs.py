"""Verbs on the files a job produced."""

from __future__ import annotations

import argparse
import glob
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jobs_ext.model.quantities import show_bytes

from .call import Call, Verb
from .exits import Exit

if TYPE_CHECKING:
    from jobs_ext.client.outputs import Outputs


def list_(call: Call) -> Exit:
    """List a job's outputs."""
    outputs = _of(call)
    chosen = outputs.values() if call.said.filter is None else outputs.find(call.said.filter)
    found = [file.info for file in chosen]
    if call.out.as_json:
        call.out.json(found)
    else:
        call.out.table(
            ("name", "size", "media type"),
            ((o.name, show_bytes(o.size), o.media_type) for o in found),
        )
    return Exit.OK


def _of(call: Call) -> Outputs:
    job = call.job(call.said.id)
    return job.outputs_so_far() if call.said.so_far else job.outputs


def get(call: Call) -> Exit:
    """Write an output to the standard output, as it is."""
    file = _of(call)[call.said.name]
    with file.path.open("rb") as source:
        shutil.copyfileobj(source, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    return Exit.OK


def save(call: Call) -> Exit:
    """Wait for a job, and copy its outputs into a folder, or into one zip."""
    outputs = call.job(call.said.id).wait().outputs
    chosen = [outputs[name] for name in call.said.names]
    if call.said.zip:
        exactly = [glob.escape(name) for name in call.said.names]
        saved = [outputs.save_zip(call.said.zip, exactly)]
    else:
        folder = Path(call.said.to)
        folder.mkdir(parents=True, exist_ok=True)
        saved = [file.save(folder) for file in chosen] if chosen else outputs.save(folder)
    if call.out.as_json:
        call.out.json([str(path) for path in saved])
    else:
        for path in saved:
            call.out.line(str(path))
    return Exit.OK


def head(call: Call) -> Exit:
    """Print the first rows of a job's table."""
    frame = call.job(call.said.id).df(call.said.name).head(call.said.n)
    if call.out.as_json:
        call.out.line(frame.to_json(orient="records", indent=2, date_format="iso"))
    else:
        call.out.table([str(c) for c in frame.columns], frame.astype(str).to_numpy().tolist())
    return Exit.OK


def add(call: Call) -> Exit:
    """Give a job a file as an output, or in the place of one."""
    added = call.job(call.said.id).outputs.add(call.said.file, call.said.name)
    if call.out.as_json:
        call.out.json(added.info)
    return Exit.OK


def remove(call: Call) -> Exit:
    """Take outputs off a job's list."""
    outputs = call.job(call.said.id).outputs
    for name in call.said.names:
        outputs.remove(name)
    call.out.done([{"name": name} for name in call.said.names])
    return Exit.OK


def archive(call: Call) -> Exit:
    """Wait for a job, and have its outputs copied into a folder below the server's root."""
    job = call.job(call.said.id).archive(call.said.folder)
    if call.out.as_json:
        call.out.json(job.client.archive(job.id))
    return Exit.OK


def _id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="a job; last: the newest")


def _add_list(parser: argparse.ArgumentParser) -> None:
    _add_which(parser)
    parser.add_argument("--filter", help='an expression: size > 0 and name ends ".csv"')


def _add_which(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("--so-far", action="store_true", help="with what it has written so far")


def _add_get(parser: argparse.ArgumentParser) -> None:
    _add_which(parser)
    parser.add_argument("name", metavar="NAME", help="which output")


def _add_save(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these; default: all")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--to", default=".", metavar="FOLDER", help="where to; default: here")
    where.add_argument("--zip", metavar="FILE", help="write them into this one zip")


def _add_head(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("name", nargs="?", metavar="NAME", help="which; default: the main one")
    parser.add_argument("-n", type=int, default=10, metavar="ROWS", help="default 10")


def _add_add(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("file", metavar="FILE", help="the file to send")
    parser.add_argument("--name", help="what the output is called; default: as the file")


def _add_archive(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("folder", metavar="FOLDER", help="as the file browser names it")


def _add_remove(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("names", nargs="+", metavar="NAME", help="which outputs")


VERBS = [
    Verb("archive", "Wait, and keep outputs in a folder of the server.", archive, _add_archive),
    Verb("outputs list", "List the files a job produced.", list_, _add_list),
    Verb("outputs get", "Print one of them as it is.", get, _add_get),
    Verb("outputs save", "Wait, and copy them into a folder or a zip.", save, _add_save),
    Verb("outputs head", "Print the first rows of a table.", head, _add_head),
    Verb("outputs add", "Give a job a file as an output.", add, _add_add),
    Verb("outputs remove", "Take outputs off a job's list.", remove, _add_remove),
]
