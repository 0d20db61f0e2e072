"""Several jobs, of different targets too, that are accepted together with what a dialect notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from ..model.errors import TooMany
from ..model.job import Job
from ..model.request import SubmitRequest
from ..model.status import Status
from ..store import documents as document_rows
from ..store import jobs as job_rows
from ..store import notifications as notification_rows
from ..store.faults import mapped_faults
from .accept import store_job
from .core import Core
from .documents import keep
from .jobs import Jobs
from .principal import Principal
from .uploads import BESIDE, Drafts, Uploads

UNFINISHED = "unfinished"  # kind of the documents, one of each owner: its jobs that are counted


class Asked(Struct, frozen=True):
    """One of the jobs: its request, and the files that came for it."""

    request: SubmitRequest
    uploads: Uploads = {}
    beside: Uploads = {}  # files that it does not read, and that are kept as long as it is


#: From the ids of the jobs what is noted of them: bodies of documents, by kind and key.
Note = Callable[[Sequence[str]], Mapping[str, Mapping[str, Any]]]


class Together:
    """Accepts several jobs as one."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self._core = core
        self._store = core.store
        self._jobs = jobs

    def unfinished(self, who: Principal, dialect: str) -> int:
        """Return how many of the jobs that the dialect counts for `who` have not ended."""
        with self._store.read() as connection:
            return len(_unfinished(connection, who, dialect))

    def submit(
        self,
        who: Principal,
        asked: Sequence[Asked],
        dialect: str,
        note: Note,
        *,
        most: int | None = None,
    ) -> list[Job]:
        """Accept all of these jobs, and keep the dialect's documents about them, or nothing.

        The documents go with the last of the jobs.

        Raises what is wrong with the first request that is not good, and `TooMany` when more than
        `most` of the jobs that were accepted so for `who` would not have ended. Whom they all tell
        is told once, when the last of them has ended. Idempotency keys
        are for single jobs and batches: those of the requests are not looked at.
        """
        good = [self._jobs.draft(who, one.request, one.uploads) for one in asked]
        ids = []
        with mapped_faults(self._store.paths.root), ExitStack() as stack:
            files = [stack.enter_context(Drafts(self._store.paths, _all_of(one))) for one in asked]
            tx = stack.enter_context(self._store.write())
            before = [] if most is None else _room(tx, who, dialect, most - len(asked))
            for draft, drafts in zip(good, files, strict=True):
                parts = stack.enter_context(drafts.placed())
                made = store_job(self._core, tx, who, draft, parts, key=None, request_hash=None)
                ids.append(made)
            if len(ids) > 1:
                notification_rows.join(tx, ids)
            for kind, bodies in note(ids).items():
                keep(tx, who, dialect, kind, bodies)
                document_rows.tie(tx, dialect, kind, bodies, ids)
            if most is not None:
                keep(tx, who, dialect, UNFINISHED, {who.owner: [*before, *ids]})
        return [self._core.job(who, job_id) for job_id in ids]


def _all_of(one: Asked) -> Uploads:
    return {**one.uploads, **{f"{BESIDE}{name}": file for name, file in one.beside.items()}}


def _room(tx: Connection, who: Principal, dialect: str, most: int) -> list[str]:
    """Return the counted jobs that have not ended; raise `TooMany` for more than `most`."""
    found = _unfinished(tx, who, dialect)
    if len(found) > most:
        raise TooMany(
            f"{len(found)} jobs have not ended.",
            field=UNFINISHED,
            value=len(found),
            hint="Wait for some of them, or cancel some.",
        )
    return found


def _unfinished(connection: Connection, who: Principal, dialect: str) -> list[str]:
    kept = document_rows.by_keys(connection, dialect, UNFINISHED, [who.owner]).get(who.owner)
    ids: list[str] = [] if kept is None else msgspec.json.decode(kept.body, type=list[str])
    rows = job_rows.by_ids(connection, ids).values()
    return [row.id for row in rows if row.deleted is None and not Status(row.status).final]
