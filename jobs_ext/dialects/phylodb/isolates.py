"""Isolates of a data set: what is known of samples, and which profile each has."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from ..table import Call
from . import alleles, files, records
from .access import may_read, may_write
from .taxonomy import NOTHING, long, short
from .wire import number, one_line, refused, same_id


class Ancillary(Struct):
    """Something that is told of an isolate."""

    key: str | None = None
    value: str | None = None


class IsolateBody(Struct):
    """Body of an isolate."""

    id: str | None = None
    description: str | None = None
    profile_id: str | None = None
    ancillaries: list[Ancillary] | None = None


def listed(call: Call, project: str, dataset: str) -> object:
    """List the isolates of a data set."""
    may_read(call, project)
    return [short(one) for one in records.page(call, "isolate", project, dataset)]


def shown(call: Call, project: str, dataset: str, isolate: str) -> object:
    """Show an isolate."""
    may_read(call, project)
    found = records.get(call, "isolate", project, dataset, isolate)
    profile = found.fields["profile"]
    known = records.some(call, "profile", [profile] if profile else [], project, dataset)
    return long(found, project_id=project, dataset_id=dataset) | {
        "description": found.fields["description"],
        "ancillaries": [{"key": k, "value": v} for k, v in found.fields["ancillaries"].items()],
        "profile": short(known[profile]) if profile in known else None,
    }


def put(call: Call, project: str, dataset: str, isolate: str) -> object:
    """Make or change an isolate."""
    may_write(call, project)
    body = call.json(IsolateBody)
    same_id(body.id, isolate)
    records.require(call, "dataset", project, dataset)
    if body.profile_id is not None:
        records.require(call, "profile", project, dataset, body.profile_id)
    for at, one in enumerate(body.ancillaries or []):
        one_line(one.key, f"ancillaries[{at}].key")
        one_line(one.value, f"ancillaries[{at}].value")
    told = {
        one.key: one.value
        for one in body.ancillaries or []
        if one.key is not None and not files.is_missing(one.value)
    }
    fields = {"description": body.description, "profile": body.profile_id, "ancillaries": told}
    records.save(call, "isolate", fields, project, dataset, isolate)
    return NOTHING


def delete(call: Call, project: str, dataset: str, isolate: str) -> object:
    """Delete an isolate."""
    may_write(call, project)
    records.deprecate(call, "isolate", project, dataset, isolate)
    return NOTHING


def download(call: Call, project: str, dataset: str) -> object:
    """Return a page of isolates as a table."""
    may_read(call, project)
    found = records.page(call, "isolate", project, dataset)
    return files.write_isolates([(one.id, _row(one.fields)) for one in found])


def upload(call: Call, project: str, dataset: str) -> object:
    """Take isolates from a table, ids from its column `id`; PUT also takes those there already."""
    may_write(call, project)
    column = number(call, "id")
    if records.find(call, "dataset", project, dataset) is None:
        raise refused(f"There is no data set {dataset!r}.", "dataset", dataset)
    found, lines = files.read_isolates(files.uploaded(call), column)
    there = records.some(call, "isolate", found, project, dataset)
    named = {told["ST"] for told in found.values() if "ST" in told}
    known = records.some(call, "profile", named, project, dataset)
    new = {}
    for one, told in found.items():
        profile = told.pop("ST", None)
        if (call.method == "PUT" or one not in there) and (profile is None or profile in known):
            new[one] = {"description": None, "profile": profile, "ancillaries": told}
    records.save_all(call, "isolate", new, project, dataset)
    return alleles.batch(lines, (one for one in found if one not in new))


def counts(call: Call, project: str, dataset: str) -> Counter[str]:
    """Return how many isolates have each profile."""
    found = (one.fields["profile"] for one in records.every(call, "isolate", project, dataset))
    return Counter(one for one in found if one is not None)


def _row(fields: dict[str, object]) -> dict[str, str]:
    told = fields["ancillaries"]
    assert isinstance(told, dict)
    profile = fields["profile"]
    return told | ({} if profile is None else {"ST": str(profile)})
