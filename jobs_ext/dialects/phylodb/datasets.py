"""Data sets of a project: profiles by one schema, and the isolates that have them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from msgspec import Struct

from ...model.errors import InvalidRequest
from ..table import Call, Reply
from . import alleles, files, records
from .access import may_read, may_write
from .records import Record
from .taxonomy import NOTHING, long, short
from .wire import flag, refused, same_id


class DatasetBody(Struct):
    """Body of a data set."""

    id: str | None = None
    description: str | None = None
    taxon_id: str | None = None
    schema_id: str | None = None


class ProfileBody(Struct):
    """Body of a profile: its alleles in the order of the schema's loci."""

    id: str | None = None
    aka: str | None = None
    alleles: list[str | None] | None = None


class Scheme(Struct, frozen=True):
    """The schema of a data set."""

    taxon: str
    method: str
    loci: list[str]


def listed(call: Call, project: str) -> object:
    """List the data sets of a project."""
    may_read(call, project)
    return [short(one) for one in records.page(call, "dataset", project)]


def shown(call: Call, project: str, dataset: str) -> object:
    """Show a data set."""
    may_read(call, project)
    found = records.get(call, "dataset", project, dataset)
    schema = _schema_of(call, found)
    deprecated = records.find(call, "schema", found.fields["taxon"], schema.id) is None
    return long(found, project_id=project) | {
        "description": found.fields["description"],
        "schema": {
            "taxon_id": found.fields["taxon"],
            "id": schema.id,
            "version": schema.version,
            "deprecated": deprecated,
        },
    }


def create(call: Call, project: str) -> object:
    """Make a data set."""
    may_write(call, project)
    fields = _checked(call, call.json(DatasetBody))
    made = str(uuid.uuid4())
    records.save(call, "dataset", fields, project, made)
    return Reply({"id": made}, 201)


def update(call: Call, project: str, dataset: str) -> object:
    """Change a data set; its schema, also to a newer version, only while it has no profile."""
    may_write(call, project)
    body = call.json(DatasetBody)
    same_id(body.id, dataset)
    fields = _checked(call, body)
    old = records.require(call, "dataset", project, dataset).fields
    if any(True for _ in records.every(call, "profile", project, dataset)):
        if any(old[name] != fields[name] for name in ("taxon", "schema")):
            raise refused("The data set has profiles by its schema.", "schema_id", body.schema_id)
        fields["schema_version"] = old["schema_version"]
    records.save(call, "dataset", fields, project, dataset)
    return NOTHING


def delete(call: Call, project: str, dataset: str) -> object:
    """Delete a data set."""
    may_write(call, project)
    records.deprecate(call, "dataset", project, dataset)
    return NOTHING


def profiles(call: Call, project: str, dataset: str) -> object:
    """List the profiles of a data set."""
    may_read(call, project)
    return [short(one) for one in records.page(call, "profile", project, dataset)]


def profile(call: Call, project: str, dataset: str, profile: str) -> object:
    """Show a profile."""
    may_read(call, project)
    found = records.get(call, "profile", project, dataset, profile)
    return long(found, project_id=project, dataset_id=dataset) | {
        "aka": found.fields["aka"],
        "alleles": [alleles.of_reference(one) for one in found.fields["alleles"]],
    }


def put_profile(call: Call, project: str, dataset: str, profile: str) -> object:
    """Make or change a profile."""
    may_write(call, project)
    body = call.json(ProfileBody)
    same_id(body.id, profile)
    if body.alleles is None:
        raise InvalidRequest("alleles is missing.", field="alleles")
    scheme = scheme_of(call, project, dataset)
    right = len(body.alleles) == len(scheme.loci)
    kept = _references(call, scheme, {profile: body.alleles} if right else {}, project)
    if not kept:
        message = "A profile has one allele for each locus, each known, and not all missing."
        raise refused(message, "alleles", body.alleles)
    records.save(
        call, "profile", {"aka": body.aka, "alleles": kept[profile]}, project, dataset, profile
    )
    return NOTHING


def delete_profile(call: Call, project: str, dataset: str, profile: str) -> object:
    """Delete a profile."""
    may_write(call, project)
    records.deprecate(call, "profile", project, dataset, profile)
    return NOTHING


def download_profiles(call: Call, project: str, dataset: str) -> object:
    """Return a page of profiles as a table."""
    may_read(call, project)
    scheme = scheme_of(call, project, dataset)
    found = records.page(call, "profile", project, dataset)
    return files.write_profiles(
        scheme.method, scheme.loci, ((one.id, names_of(one)) for one in found)
    )


def upload_profiles(call: Call, project: str, dataset: str) -> object:
    """Take profiles from a table; PUT also takes those that are there already."""
    may_write(call, project)
    scheme = scheme_of(call, project, dataset)
    found, lines = files.read_profiles(files.uploaded(call), scheme.method, len(scheme.loci))
    there = records.some(call, "profile", found, project, dataset)
    wanted = {
        one: cells for one, cells in found.items() if call.method == "PUT" or one not in there
    }
    kept = _references(call, scheme, wanted, project)
    new = {one: {"aka": None, "alleles": some} for one, some in kept.items()}
    records.save_all(call, "profile", new, project, dataset)
    return alleles.batch(lines, (one for one in found if one not in new))


def names_of(profile: Record) -> list[str | None]:
    """Return the alleles of a profile by their ids; None for what is missing."""
    return [None if one is None else one[0] for one in profile.fields["alleles"]]


def scheme_of(call: Call, project: str, dataset: str) -> Scheme:
    """Return the schema of a data set, as it was chosen; raises `Refused` if there is none."""
    found = records.require(call, "dataset", project, dataset)
    schema = _schema_of(call, found).fields
    return Scheme(found.fields["taxon"], schema["type"], schema["loci"])


def at_least_two(call: Call, project: str, dataset: str) -> bool:
    """Tell whether there is anything to compare in a data set."""
    if records.find(call, "dataset", project, dataset) is None:
        return False
    return len(list(islice(records.every(call, "profile", project, dataset), 2))) > 1


def _schema_of(call: Call, dataset: Record) -> Record:
    """Return the version of the schema that a data set was made by."""
    taxon, schema, version = (
        dataset.fields[name] for name in ("taxon", "schema", "schema_version")
    )
    return records.at(call, "schema", version, taxon, schema)


def _checked(call: Call, body: DatasetBody) -> dict[str, object]:
    if not body.taxon_id or not body.schema_id:
        raise InvalidRequest("A data set has a taxon_id and a schema_id.", field="schema_id")
    schema = records.require(call, "schema", body.taxon_id, body.schema_id)
    return {
        "description": body.description,
        "taxon": body.taxon_id,
        "schema": body.schema_id,
        "schema_version": schema.version,
    }


def _references(
    call: Call, scheme: Scheme, wanted: Mapping[str, Sequence[str | None]], project: str
) -> dict[str, list[list[object] | None]]:
    """Return the alleles that profiles refer to, without profiles with one that is not there.

    With ``private_alleles`` they are the project's own.
    """
    owner = project if flag(call, "private_alleles") else ""
    known = [
        records.some(call, "allele", _column(wanted.values(), at), scheme.taxon, locus, owner)
        for at, locus in enumerate(scheme.loci)
    ]
    kept: dict[str, list[list[object] | None]] = {}
    for profile, cells in wanted.items():
        there = [
            files.is_missing(cell) or cell in some for cell, some in zip(cells, known, strict=True)
        ]
        if not all(there) or all(map(files.is_missing, cells)):
            continue
        kept[profile] = [
            None if cell is None or files.is_missing(cell) else alleles.reference(some[cell], owner)
            for cell, some in zip(cells, known, strict=True)
        ]
    return kept


def _column(rows: Iterable[Sequence[str | None]], at: int) -> set[str]:
    cells = (row[at] for row in rows)
    return {cell for cell in cells if cell is not None and not files.is_missing(cell)}
