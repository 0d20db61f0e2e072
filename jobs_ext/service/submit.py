"""Accepting a request: once per key, and whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection

from ..model.errors import Conflict
from ..model.request import BatchRequest, Context, SubmitRequest
from ..store import batches as batch_rows
from ..store import jobs as job_rows
from ..store.engine import Store
from ..store.faults import mapped_faults
from ..store.jobs import JobRow
from .intake import verbs_for
from .principal import Principal
from .uploads import Drafts, Uploads, hash_of

#: Stores what was found good, given the hashes of its parts and its own columns; returns its id.
Write = Callable[[Connection, dict[str, str], dict[str, Any]], str]


def accept(
    store: Store,
    who: Principal,
    request: SubmitRequest | BatchRequest,
    uploads: Uploads,
    draft: Callable[[], Write],
    repeats: JobRow | None = None,
) -> str:
    """Return the id of the job or batch that a request makes, or made before by the same key.

    `draft` finds out whether the request is good; `repeats` is the job that a rerun repeats. When
    this returns, all of it is on disk; when it raises, nothing of it is left.
    """
    who.require(*verbs_for(request.target))
    key = request.options.key
    owner = repeats.owner if repeats is not None and who.owns(repeats.owner) else who.owner
    hashed = _request_hash(request, uploads, repeats) if key else None
    if key:  # before anything is looked at: a file that has gone meanwhile changes nothing
        with store.read() as connection:
            old = _earlier(connection, owner, request, hashed)
        if old is not None:
            return old
    write = draft()
    with (
        mapped_faults(store.paths.root),
        Drafts(store.paths, uploads) as drafts,
        store.write() as tx,
    ):
        old = _earlier(tx, owner, request, hashed)
        if old is not None:
            return old
        with drafts.placed() as parts:
            return write(tx, parts, {"key": key, "request_hash": hashed})


def _request_hash(
    request: SubmitRequest | BatchRequest, uploads: Uploads, repeats: JobRow | None
) -> str:
    """Return a hash that is the same for the same request, wherever it comes from."""
    parts = {name: hash_of(upload) for name, upload in uploads.items()}
    said: list[Any] = [msgspec.structs.replace(request, context=Context()), parts]
    said += [] if repeats is None else [repeats.id]
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def _earlier(
    connection: Connection, owner: str, request: SubmitRequest | BatchRequest, hashed: str | None
) -> str | None:
    """Return the id of what the same key and request made before, if there is a key.

    Raises `Conflict` when the key was used for another request.
    """
    key = request.options.key
    if not key:
        return None
    kind = "job" if isinstance(request, SubmitRequest) else "batch"
    found: dict[str, Any] = {
        "job": job_rows.by_key(connection, owner, key),
        "batch": batch_rows.by_key(connection, owner, key),
    }
    for its_kind, row in found.items():
        if row is not None and (its_kind != kind or row.request_hash != hashed):
            raise Conflict(
                f"The key {key!r} was used for another request.",
                field="options.key",
                value=key,
                hint=f"Give another key. The earlier {its_kind} is {row.id}.",
            )
    return None if found[kind] is None else str(found[kind].id)
