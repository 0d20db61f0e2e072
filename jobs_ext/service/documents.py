"""Documents: what a dialect keeps of its own, so that its words get into no other room.

A service does not look into them. `dialect` and `kind` are fixed words of the caller; the key comes
from outside. A shared document belongs to everybody who is let in: the dialect decides who may
do what with it. Any other is its owner's, and nobody else learns that it is there.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from ..model.clock import now
from ..model.document import Document
from ..model.errors import Conflict, InvalidRequest, NotFound, TooLarge
from ..model.grant import WORLD
from ..store import documents as rows
from ..store.documents import DocumentRow
from .core import Core
from .principal import Principal

LARGEST = 4 * 2**20  # bytes of JSON in one document
_LONGEST_KEY = 1000  # characters


class Documents:
    """What can be done with documents."""

    def __init__(self, core: Core) -> None:
        self._store = core.store

    def put(
        self,
        who: Principal,
        dialect: str,
        kind: str,
        key: str,
        body: Any,
        *,
        version: int | None = None,
        shared: bool = False,
    ) -> Document:
        """Keep `body`, anything that is JSON, under a key, in place of what was there.

        `version` is the one that it replaces, 0 for none; without it, whichever. `shared` says
        whose a new document is. Raises `Conflict` when another version is there, or another's
        document.
        """
        made = self.put_all(who, dialect, kind, {key: body}, version=version, shared=shared)
        return made[0]

    def put_all(
        self,
        who: Principal,
        dialect: str,
        kind: str,
        bodies: Mapping[str, Any],
        *,
        version: int | None = None,
        shared: bool = False,
    ) -> builtins.list[Document]:
        """Do as `put` with many documents, by key: all of them or none."""
        who.require("submit", "run")
        with self._store.write(poke=()) as tx:
            made = keep(tx, who, dialect, kind, bodies, version=version, shared=shared)
        return [_opened(one) for one in made]

    def get(self, who: Principal, dialect: str, kind: str, key: str) -> Document:
        """Return a document; `NotFound` when there is none, or another's."""
        who.require("read")
        with self._store.read() as connection:
            return _document(_found(connection, who, dialect, kind, key))

    def known(
        self, who: Principal, dialect: str, kind: str, keys: Iterable[str]
    ) -> dict[str, Document]:
        """Return those of the documents with these keys that `who` sees, by key."""
        who.require("read")
        asked = [key for key in keys if _can_be_key(key)]
        with self._store.read() as connection:
            found = rows.by_keys(connection, dialect, kind, asked)
        return {key: _document(row) for key, row in found.items() if _sees(who, row)}

    def list(
        self,
        who: Principal,
        dialect: str,
        kind: str,
        *,
        prefix: str = "",
        after: str = "",
        skip: int = 0,
        limit: int = 100,
    ) -> builtins.list[Document]:
        """Return at most `limit` documents whose keys begin with `prefix`, in the order of keys.

        The next page begins `after` the key of the last one; `skip` leaves out that many before.
        """
        who.require("read")
        owners = None if who.scope is None else [who.owner, WORLD]
        if not (prefix + after).isprintable():  # no key is so, and not all of it can be asked for
            return []
        with self._store.read() as connection:
            found = rows.page(
                connection,
                dialect,
                kind,
                owners,
                prefix=prefix,
                after=after,
                skip=skip,
                limit=limit,
            )
        return [_document(row) for row in found]

    def delete(
        self, who: Principal, dialect: str, kind: str, key: str, *, version: int | None = None
    ) -> None:
        """Remove a document, if it is that version; raises as `get` and `put` do."""
        who.require("submit", "run")
        with self._store.write(poke=()) as tx:
            _checked_place(who, _found(tx, who, dialect, kind, key), key, version)
            rows.remove(tx, dialect, kind, key)


def keep(
    tx: Connection,
    who: Principal,
    dialect: str,
    kind: str,
    bodies: Mapping[str, Any],
    *,
    version: int | None = None,
    shared: bool = False,
) -> builtins.list[Document]:
    """Do as `Documents.put_all` in a transaction, which may make what they are about, too."""
    encoded = {_checked_key(key): _encode(key, body) for key, body in bodies.items()}
    owner, time = WORLD if shared else who.owner, now()
    known = rows.by_keys(tx, dialect, kind, list(encoded))
    made = []
    for key, body in encoded.items():
        old = _checked_place(who, known.get(key), key, version)
        whose, before, created = old or (owner, 0, time)
        made.append(Document(dialect, kind, key, whose, before + 1, created, time, body))
    rows.put(tx, [msgspec.structs.asdict(one) for one in made])
    return made


def _checked_key(key: str) -> str:
    if not _can_be_key(key):
        raise InvalidRequest(
            f"A key is one line of 1 to {_LONGEST_KEY} characters.", field="key", value=key
        )
    return key


def _can_be_key(key: str) -> bool:
    return 0 < len(key) <= _LONGEST_KEY and key.isprintable()


def _encode(key: str, body: Any) -> str:
    try:
        encoded = msgspec.json.encode(body).decode()
    except UnicodeEncodeError:
        message = f"{key} holds text that is not valid Unicode."
        raise InvalidRequest(message, field="body") from None
    if len(encoded) > LARGEST:
        message = f"A record may have {LARGEST:,} characters of JSON."
        raise TooLarge(message, field="body", value=len(encoded))
    return encoded


def _sees(who: Principal, row: DocumentRow) -> bool:
    return row.owner == WORLD or who.owns(row.owner)


def _found(
    connection: Connection, who: Principal, dialect: str, kind: str, key: str
) -> DocumentRow:
    keys = [key] if _can_be_key(key) else []
    row = rows.by_keys(connection, dialect, kind, keys).get(key)
    if row is None or not _sees(who, row):
        message = f"There is no {kind} {key!r}."
        hint = "It may be another server's or owner's."
        raise NotFound(message, field=kind, value=key, hint=hint)
    return row


def _checked_place(
    who: Principal, row: DocumentRow | None, key: str, version: int | None
) -> tuple[str, int, str] | None:
    """Return owner, version and creation of what is changed; `Conflict` if it can't be."""
    here = 0 if row is None else row.version
    taken = row is not None and not _sees(who, row)
    if taken or version not in (None, here):
        known = "is taken" if taken or version == 0 else f"has version {here} now"
        hint = "Choose another." if taken or version == 0 else "Read it again."
        raise Conflict(f"{key!r} {known}.", field="key", value=key, hint=hint)
    return None if row is None else (row.owner, row.version, row.created)


def _document(row: DocumentRow) -> Document:
    return _opened(Document(**row._asdict()))


def _opened(kept: Document) -> Document:
    return msgspec.structs.replace(kept, body=msgspec.json.decode(kept.body))
