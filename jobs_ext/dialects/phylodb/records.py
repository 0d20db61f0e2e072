"""Records: documents with versions, of which the old ones stay, and a mark for the deleted.

A record is found by what it is in: the last of its ids is its own. Keys sort as phyloDB lists: the
shorter id first, then by characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from ...model.document import Document
from ...model.errors import NotFound
from ..table import Call
from .wire import PAGE, number, refused

_DIALECT = "phylodb"
_OLD, _GONE = " before", " gone"  # what the kinds of old versions and of the deleted end with
_LAST = "-1"  # what clients may call the last version
_STEP = 1000  # records that are read at once

Ids = tuple[str, ...]


class Record(Struct, frozen=True):
    """A record of one kind."""

    id: str
    version: int
    deprecated: bool
    fields: dict[str, Any]
    document: int  # version of the document that holds it


def find(call: Call, kind: str, *ids: str) -> Record | None:
    """Return a record as it is now; None when there is none, or it is deprecated."""
    return _known(call, kind, [_key(ids)]).get(_key(ids))


def get(call: Call, kind: str, *ids: str) -> Record:
    """Return the version of a record that the query asks for, by default the last one.

    Raises `NotFound`.
    """
    given = call.first("version")
    return at(call, kind, None if given in ("", _LAST) else number(call, "version"), *ids)


def at(call: Call, kind: str, version: int | None, *ids: str) -> Record:
    """Return a version of a record, of a deprecated one too; None: the last. `NotFound` if none."""
    key = _key(ids)
    found = find(call, kind, *ids) or _known(call, kind + _GONE, [key]).get(key)
    if version is not None and (found is None or found.version != version):
        found = _known(call, kind + _OLD, [_old(key, version)]).get(_old(key, version))
    if found is None:
        raise NotFound(f"There is no {kind} {ids[-1]!r}.", field=kind, value=ids[-1])
    return found


def some(call: Call, kind: str, ids: Iterable[str], *inside: str) -> dict[str, Record]:
    """Return those of the records with these ids that are in something, by id."""
    found = _known(call, kind, [_key((*inside, one)) for one in ids])
    return {one.id: one for one in found.values()}


def require(call: Call, kind: str, *ids: str) -> Record:
    """Return a record that something is to be put into; raises `Refused`."""
    found = find(call, kind, *ids)
    if found is None:
        raise refused(f"There is no {kind} {ids[-1]!r}.", kind, ids[-1])
    return found


def page(call: Call, kind: str, *inside: str) -> list[Record]:
    """Return the page of records that the query asks for."""
    skip = number(call, "page") * PAGE
    found = call.service.documents.list(
        call.who, _DIALECT, kind, prefix=_prefix(inside), skip=skip, limit=PAGE
    )
    return [_record(one) for one in found]


def every(call: Call, kind: str, *inside: str) -> Iterator[Record]:
    """Yield all records that are in something, in order."""
    yield from map(_record, _all(call, kind, _prefix(inside)))


def save(call: Call, kind: str, fields: Mapping[str, Any], *ids: str) -> None:
    """Keep a record, as its next version."""
    save_all(call, kind, {ids[-1]: fields}, *ids[:-1])


def save_all(call: Call, kind: str, many: Mapping[str, Mapping[str, Any]], *inside: str) -> None:
    """Keep records that are in something, by id: each as its next version."""
    keys = {_key((*inside, id_)): id_ for id_ in many}
    now, gone = _known(call, kind, keys), _known(call, kind + _GONE, keys)
    _put(call, kind + _OLD, {_old(key, one.version): _body(one) for key, one in now.items()})
    last = {key: one.version for key, one in (gone | now).items()}
    new = {
        key: {"id": id_, "version": last.get(key, 0) + 1, "fields": dict(many[id_])}
        for key, id_ in keys.items()
    }
    _put(call, kind, new)


def amend(call: Call, kind: str, record: Record, fields: dict[str, Any], *ids: str) -> None:
    """Keep more of what the record of this very version says."""
    body = {"id": record.id, "version": record.version, "fields": record.fields | fields}
    call.service.documents.put(
        call.who, _DIALECT, kind, _key(ids), body, version=record.document, shared=True
    )


def deprecate(call: Call, kind: str, *ids: str) -> None:
    """Mark a record as deleted: it is listed no more. Raises `Refused` if there is none."""
    record, key = require(call, kind, *ids), _key(ids)
    _put(call, kind + _OLD, {_old(key, record.version): _body(record)})
    _put(call, kind + _GONE, {key: _body(record) | {"deprecated": True}})
    call.service.documents.delete(call.who, _DIALECT, kind, key)


def _known(call: Call, kind: str, keys: Iterable[str]) -> dict[str, Record]:
    found = call.service.documents.known(call.who, _DIALECT, kind, keys)
    return {key: _record(one) for key, one in found.items()}


def _put(call: Call, kind: str, bodies: Mapping[str, Any]) -> None:
    call.service.documents.put_all(call.who, _DIALECT, kind, bodies, shared=True)


def _all(call: Call, kind: str, prefix: str) -> Iterator[Document]:
    after = ""
    while True:
        found = call.service.documents.list(
            call.who, _DIALECT, kind, prefix=prefix, after=after, limit=_STEP
        )
        yield from found
        if len(found) < _STEP:
            return
        after = found[-1].key


def _prefix(inside: Ids) -> str:
    return "".join(f"{quote(one, safe='')}/" for one in inside)


def _key(ids: Ids) -> str:
    return f"{_prefix(ids[:-1])}{len(ids[-1]):04}{quote(ids[-1], safe='')}"


def _record(one: Document) -> Record:
    body = one.body
    gone = body.get("deprecated", False)
    return Record(body["id"], body["version"], gone, body["fields"], one.version)


def _old(key: str, version: int) -> str:
    return f"{key}/{version:010}"


def _body(record: Record) -> dict[str, Any]:
    return {"id": record.id, "version": record.version, "fields": record.fields}
