"""Alleles of a locus: everybody's, or those that one project keeps for itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from ..table import Call
from . import files, records
from .access import may_administer, may_read, may_write
from .records import Record
from .taxonomy import NOTHING, long, short
from .wire import one_line, same_id


class AlleleBody(Struct):
    """Body of an allele."""

    id: str | None = None
    sequence: str | None = None


def listed(call: Call, taxon: str, locus: str) -> object:
    """List the alleles of a locus."""
    owner = _owner(call)
    return [
        short(one) | _private(owner) for one in records.page(call, "allele", taxon, locus, owner)
    ]


def shown(call: Call, taxon: str, locus: str, allele: str) -> object:
    """Show an allele."""
    owner = _owner(call)
    found = records.get(call, "allele", taxon, locus, owner, allele)
    parents = {"taxon_id": taxon, "locus_id": locus}
    return long(found, **parents, **_private(owner)) | found.fields


def put(call: Call, taxon: str, locus: str, allele: str) -> object:
    """Make or change an allele."""
    owner = _owner(call, write=True)
    body = call.json(AlleleBody)
    same_id(body.id, allele)
    one_line(body.sequence, "sequence")
    records.require(call, "locus", taxon, locus)
    records.save(call, "allele", {"sequence": body.sequence}, taxon, locus, owner, allele)
    return NOTHING


def delete(call: Call, taxon: str, locus: str, allele: str) -> object:
    """Delete an allele."""
    records.deprecate(call, "allele", taxon, locus, _owner(call, write=True), allele)
    return NOTHING


def download(call: Call, taxon: str, locus: str) -> object:
    """Return a page of alleles as FASTA."""
    found = records.page(call, "allele", taxon, locus, _owner(call))
    return files.write_fasta(locus, ((one.id, one.fields["sequence"]) for one in found))


def upload(call: Call, taxon: str, locus: str) -> object:
    """Take alleles from FASTA; PUT also takes those that are there already."""
    owner = _owner(call, write=True)
    records.require(call, "locus", taxon, locus)
    found, lines = files.read_fasta(files.uploaded(call))
    there = records.some(call, "allele", found, taxon, locus, owner)
    kept = [one for one in found if call.method == "PUT" or one not in there]
    new = {one: {"sequence": found[one]} for one in kept}
    records.save_all(call, "allele", new, taxon, locus, owner)
    return batch(lines, (one for one in found if one not in new))


def batch(lines: list[int], entities: Iterable[str]) -> dict[str, object]:
    """Return the answer to a file: what of it was not taken."""
    return {"invalid_lines": lines, "invalid_entities": list(entities)}


def reference(record: Record, project: str) -> list[object]:
    """Return what a profile keeps of an allele: id, version, and whose it is."""
    return [record.id, record.version, project]


def of_reference(kept: Sequence[Any] | None) -> dict[str, object] | None:
    """Return what is shown of an allele that a profile keeps so."""
    return None if kept is None else {"id": kept[0], "version": kept[1]} | _private(kept[2])


def _private(project: str) -> dict[str, str]:
    return {"project_id": project} if project else {}


def _owner(call: Call, *, write: bool = False) -> str:
    """Return the project whose alleles the query asks for, "" for everybody's."""
    project = call.first("project")
    if project:
        (may_write if write else may_read)(call, project)
    elif write:
        may_administer(call)
    return project
