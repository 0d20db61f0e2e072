"""What belongs to no project: taxa, their loci, and schemas, which are lists of loci."""

from __future__ import annotations

from msgspec import Struct

from ...model.errors import InvalidRequest
from ..table import Call, Reply
from . import records
from .access import may_administer
from .records import Record
from .wire import refused, same_id

METHODS = ("mlst", "mlva", "snp")
NOTHING = Reply(None, 204)


class Described(Struct):
    """Body of a taxon or a locus."""

    id: str | None = None
    description: str | None = None


class SchemaBody(Struct):
    """Body of a schema."""

    taxon_id: str | None = None
    id: str | None = None
    type: str | None = None  # one of `METHODS`
    description: str | None = None
    loci: list[str] | None = None


def short(record: Record) -> dict[str, object]:
    """Return what lists say of a record."""
    return {"id": record.id, "version": record.version}


def long(record: Record, **parents: str) -> dict[str, object]:
    """Return what every kind of record begins with."""
    return {**parents, **short(record), "deprecated": record.deprecated}


def taxa(call: Call) -> object:
    """List taxa."""
    return [short(one) for one in records.page(call, "taxon")]


def taxon(call: Call, taxon: str) -> object:
    """Show a taxon."""
    found = records.get(call, "taxon", taxon)
    return long(found) | found.fields


def put_taxon(call: Call, taxon: str) -> object:
    """Make or change a taxon."""
    may_administer(call)
    body = call.json(Described)
    records.save(call, "taxon", {"description": body.description}, same_id(body.id, taxon))
    return NOTHING


def delete_taxon(call: Call, taxon: str) -> object:
    """Delete a taxon."""
    may_administer(call)
    records.deprecate(call, "taxon", taxon)
    return NOTHING


def loci(call: Call, taxon: str) -> object:
    """List the loci of a taxon."""
    return [short(one) for one in records.page(call, "locus", taxon)]


def locus(call: Call, taxon: str, locus: str) -> object:
    """Show a locus."""
    found = records.get(call, "locus", taxon, locus)
    return long(found, taxon_id=taxon) | found.fields


def put_locus(call: Call, taxon: str, locus: str) -> object:
    """Make or change a locus."""
    may_administer(call)
    body = call.json(Described)
    same_id(body.id, locus)
    records.require(call, "taxon", taxon)
    records.save(call, "locus", {"description": body.description}, taxon, locus)
    return NOTHING


def delete_locus(call: Call, taxon: str, locus: str) -> object:
    """Delete a locus."""
    may_administer(call)
    records.deprecate(call, "locus", taxon, locus)
    return NOTHING


def schemas(call: Call, taxon: str) -> object:
    """List the schemas of a taxon."""
    return [short(one) for one in records.page(call, "schema", taxon)]


def schema(call: Call, taxon: str, schema: str) -> object:
    """Show a schema."""
    found = records.get(call, "schema", taxon, schema)
    known = records.some(call, "locus", found.fields["loci"], taxon)
    return (
        long(found, taxon_id=taxon)
        | found.fields
        | {
            "loci": [
                long(known[one], taxon_id=taxon) if one in known else {"taxon_id": taxon, "id": one}
                for one in found.fields["loci"]
            ]
        }
    )


def put_schema(call: Call, taxon: str, schema: str) -> object:
    """Make or change a schema; its loci must be there, and no other schema have the same."""
    may_administer(call)
    body = call.json(SchemaBody)
    same_id(body.id, schema)
    if body.taxon_id != taxon or body.type not in METHODS or not body.loci:
        message = (
            f"A schema has the path's taxon_id, loci, and as type one of {', '.join(METHODS)}."
        )
        raise InvalidRequest(message, field="type", value=body.type)
    missing = set(body.loci) - records.some(call, "locus", body.loci, taxon).keys()
    if missing or len(set(body.loci)) < len(body.loci):
        raise refused("The loci must be the taxon's, each once.", "loci", sorted(missing))
    fields = {"type": body.type, "description": body.description, "loci": body.loci}
    for other in records.every(call, "schema", taxon):
        alike = [other.fields["type"], other.fields["loci"]] == [body.type, body.loci]
        if other.id != schema and alike:
            raise refused(f"The schema {other.id!r} is the same.", "loci", other.id)
    records.save(call, "schema", fields, taxon, schema)
    return NOTHING


def delete_schema(call: Call, taxon: str, schema: str) -> object:
    """Delete a schema."""
    may_administer(call)
    records.deprecate(call, "schema", taxon, schema)
    return NOTHING
