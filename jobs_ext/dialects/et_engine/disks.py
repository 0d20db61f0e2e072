"""The records of file systems: a name each, which is its owner's own."""

from __future__ import annotations

import uuid
from pathlib import Path

from ...model.errors import Conflict, InvalidRequest, NotFound
from ...service.references import is_filename
from ..table import Call

_KIND = "filesystem"
_PAGE = 500
_LONGEST = 100  # characters of a name
_SPACE = uuid.UUID("6f2b9a1e-55a1-5d0c-8a57-0d2f3f7d1c42")  # so that an owner has a name but once


def names(call: Call) -> dict[str, str]:
    """Return the names of the caller's file systems, by id."""
    found: dict[str, str] = {}
    after = ""
    while page := call.service.documents.list(
        call.who, "et_engine", _KIND, after=after, limit=_PAGE
    ):
        found |= {one.key: one.body for one in page if one.owner == call.who.owner}
        after = page[-1].key
    return found


def create(call: Call, name: str) -> str:
    """Make a file system and return its id; `Conflict` when the caller has one of that name."""
    good = 0 < len(name) <= _LONGEST and name.isprintable() and is_filename(name)
    if not good or "/" in name or name[0] == ".":
        raise InvalidRequest(
            f"A file system can't have the name {name!r}.", field="filesystem_name", value=name
        )
    key = str(uuid.uuid5(_SPACE, f"{call.who.owner}/{name}"))
    call.service.filesystems.create(call.who, key)
    try:
        call.service.documents.put(call.who, "et_engine", _KIND, key, name, version=0)
    except Conflict:
        message = f"There is a file system {name!r} already."
        raise Conflict(message, field="filesystem_name", value=name) from None
    return key


def folder(call: Call, key: str) -> Path:
    """Return where the caller's file system lies; `NotFound` for anybody else's."""
    check(call, key)
    return call.service.filesystems.folder(call.who, key)


def check(call: Call, key: str) -> None:
    """Raise `NotFound` unless the caller has a file system with this id."""
    found = call.service.documents.get(call.who, "et_engine", _KIND, key)
    if found.owner != call.who.owner:
        raise NotFound(f"There is no file system {key!r}.", field="filesystem", value=key)


def delete(call: Call, key: str) -> None:
    """Remove a file system with all that lies in it."""
    check(call, key)
    call.service.filesystems.delete(call.who, key)  # first: nobody finds it in a new one
    call.service.documents.delete(call.who, "et_engine", _KIND, key)
