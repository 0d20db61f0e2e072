"""Jobs: every verb once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from ..model.clock import now
from ..model.errors import Conflict, InvalidRequest, NotFound
from ..model.ids import is_id, new_id
from ..model.job import Event, Job, Page
from ..model.query import JobQuery
from ..model.reasons import ReasonCode
from ..model.request import Context, Options, SubmitRequest, Target
from ..model.status import ACTIVE, FINAL, Status
from ..model.tool import Tool
from ..store import events as event_rows
from ..store import jobs as job_rows
from ..store.changes import Changes
from ..store.contents import Spec
from ..store.faults import mapped_faults
from ..store.jobs import JobRow
from .core import Core
from .decode import convert_request
from .intake import (
    Needs,
    Uploads,
    encode_arguments,
    keep_uploads,
    place_uploads,
    repeated,
    request_hash,
    shared_columns,
    verb_for,
)
from .options import check_single
from .principal import Principal
from .resolve import Plan, settle, target_kind

_LARGEST_PAGE = 500
_ORDERS = ("newest", "oldest", "index")


class _Settled(Struct, frozen=True):
    """A request whose arguments fit, ready to be stored."""

    plan: Plan
    arguments: bytes
    needs: Needs


class Jobs:
    """What can be done with jobs."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def submit(self, who: Principal, request: SubmitRequest, parts: Uploads | None = None) -> Job:
        """Accept a job: when this returns, it is on disk."""
        uploads = parts or {}
        settled = self._settle(who, request, uploads)
        key, hashed = request.options.key, None
        with mapped_faults():
            if key is not None:
                what = (request.target, request.arguments, request.options)
                hashed = request_hash(*what, uploads=uploads)
            kept = keep_uploads(self._core.store.paths, uploads)
        with self._core.store.write() as tx:
            old = repeated(tx, who.owner, key, hashed or "", "job") if key else None
            job_id: str = old.id if old else new_id()
            if old is None:
                row = shared_columns(tx, settled.plan, who.owner, kept)
                self._store(tx, who, settled, row | {"id": job_id, "key": key, "request_hash": hashed})
        return self._core.job(who, job_id)

    def check(
        self, who: Principal, request: SubmitRequest, part_names: Collection[str] = ()
    ) -> Mapping[str, object]:
        """Say whether a request could be submitted, with interpreter and folder; no effect."""
        settled = self._settle(who, request, dict.fromkeys(part_names))
        with self._core.store.read() as connection:
            settled.needs.rows(connection, who)
        context = settled.plan.spec.context
        return {"ok": True, "python": context.python, "cwd": context.cwd}

    def get(self, who: Principal, job_id: str) -> Job:
        """Return a job."""
        who.require("read")
        with self._core.store.read() as connection:
            return self._core.present(connection, [self._core.job_row(connection, who, job_id)])[0]

    def list(self, who: Principal, query: JobQuery) -> Page[Job]:
        """Return one page of jobs."""
        who.require("read")
        order = _checked_order(query)
        with self._core.store.read() as connection:
            rows, following = job_rows.page(connection, query, who.scope, order)
            total = None if query.cursor else job_rows.count(connection, query, who.scope)
            return Page(self._core.present(connection, rows), following, total)

    def history(self, who: Principal, job_id: str) -> list[Event]:  # type: ignore[valid-type]
        """Return everything that happened to a job, in order."""
        who.require("read")
        with self._core.store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            return event_rows.of_job(connection, row.id)

    def cancel(self, who: Principal, job_id: str) -> Job:
        """Cancel a job: at once when it waits, else as soon as the runner has ended it."""
        who.require("submit", "run")
        with self._core.store.write() as tx:
            row = self._core.job_row(tx, who, job_id)
            changes = Changes(tx)
            cancel_row(changes, row, "cancelled by the user")
            changes.flush()
        return self._core.job(who, job_id)

    def delete(self, who: Principal, job_id: str) -> None:
        """Cancel a job unless it has ended, then hide it."""
        who.require("submit", "run")
        with self._core.store.write() as tx:
            row = self._core.job_row(tx, who, job_id)
            changes = Changes(tx)
            cancel_row(changes, row, "deleted by the user")
            changes.note(row, "deleted", deleted=now())
            changes.flush()

    def release(self, who: Principal, job_id: str) -> Job:
        """Let a held job go on."""
        who.require("submit", "run")
        with self._core.store.write() as tx:
            row = self._core.job_row(tx, who, job_id)
            if not row.held or row.status in FINAL:
                raise Conflict(f"The job is {row.status} and not held.", field="id", value=job_id)
            changes = Changes(tx)
            changes.note(row, "released", held=False)
            changes.flush()
            promote(tx, [row.pk])
        return self._core.job(who, job_id)
