"""Jobs: every verb once."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import Raw
from sqlalchemy import Connection

from ..model import ascode
from ..model.clock import now
from ..model.errors import Conflict
from ..model.filters import Compare, In
from ..model.grant import Right
from ..model.job import Event, Job, Page
from ..model.provenance import Provenance
from ..model.query import JobQuery, JobSearch, Search
from ..model.request import Context, JobChange, SubmitRequest
from ..model.status import FINAL, Status
from ..model.tool import Tool
from ..store import events as event_rows
from ..store import jobs as job_rows
from ..store import listing, projects, sorting, tallies
from ..store.changes import Changes
from ..store.contents import without_variables
from ..store.grants import any_for
from ..store.jobs import JobRow
from ..store.listing import Mark
from ..store.sight import Sight
from ..store.walks import flat
from .accept import (
    Draft,
    check_contents,
    check_room,
    draft_job,
    fingerprinted,
    repeat_request,
    store_job,
)
from .core import Core
from .intake import describe_parts
from .moves import cancel, promote
from .notifications import asked
from .options import check_single
from .principal import Principal
from .provenance import provenance_of
from .remembered import Shown
from .requeue import change_job, describe
from .reset import reopened, reset_jobs
from .searches import read_search, search_of
from .submit import Write, accept
from .uploads import BESIDE, Uploads

_STEP = 500  # jobs that are read at a time
_PROJECTS = 100  # of one's own whose jobs a listing shows that names no project


class Jobs:
    """What can be done with jobs."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def submit(
        self,
        who: Principal,
        request: SubmitRequest,
        parts: Uploads | None = None,
        tool: Tool | None = None,
    ) -> Job:
        """Accept a job: when this returns, it is on disk.

        A dialect whose tools are its own gives the `tool` that the request names.
        """
        uploads = parts or {}

        def draft() -> Write:
            good = self.draft(who, request, uploads, tool)
            return lambda tx, kept, columns: store_job(self._core, tx, who, good, kept, **columns)

        return self._core.job(who, accept(self._store, who, request, uploads, draft))

    def draft(
        self, who: Principal, request: SubmitRequest, uploads: Uploads, tool: Tool | None = None
    ) -> Draft:
        """Return a job as it is to be stored; raise what is wrong with it."""
        good = self._draft(who, request, uploads, tool)
        check_contents(good, uploads)
        good = fingerprinted(self._core, good)
        told = describe_parts(good.arguments, uploads)
        return msgspec.structs.replace(good, arguments=told)

    def counts(self, who: Principal) -> dict[str, int]:
        """Return how many of the jobs that `who` may see stand where."""
        who.require("read")
        with self._store.read() as connection:
            return tallies.of_owner(connection, who.scope)

    def check(
        self, who: Principal, request: SubmitRequest, parts: Uploads | None = None
    ) -> Mapping[str, object]:
        """Say whether a request could be submitted now, with interpreter and folder; no effect."""
        uploads = parts or {}
        draft = self._draft(who, request, uploads)
        check_contents(draft, uploads)
        with self._store.read() as connection:
            check_room(connection, who, draft, uploads)
        context = draft.plan.spec.context
        return {"ok": True, "python": context.python, "cwd": context.cwd}

    def rerun(
        self,
        who: Principal,
        job_id: str,
        arguments: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
        context: Context | None = None,
        *,
        under_way: bool = False,
    ) -> Job:
        """Submit a job that has ended (`under_way`: or not yet) once more, as a new job.

        In a batch the new job takes the place of the one it repeats, if that has ended. It tells
        whom that one told unless the `options` name others. An idempotency key among the `options`
        holds for the rerun of this very job. The folder and interpreter stay; the environment is
        that of `context` when it is given. Of a job that another owner shares it makes a job of
        one's own, without the owner's environment and outside of the batch.
        """
        who.require("submit", "run")
        with self._store.read() as connection:
            row = self._core.job_row(connection, who, job_id, Right.EXECUTE)
            spec = self._core.specs.load(connection, [row.spec])[row.spec]
        ended = row.status in FINAL
        if not (ended or under_way):
            raise Conflict(
                f"The job is still {row.status}.", field="id", value=job_id, hint="Cancel it first."
            )
        own = who.owns(row.owner)
        context = context if own or context is not None else Context()
        spec = spec if own else without_variables(spec)
        request = repeat_request(row, spec, arguments, options, context)

        def draft() -> Write:
            read = [name for name in spec.parts if not name.startswith(BESIDE)]
            good = draft_job(self._core, who, request, read, spec.tool)
            check_contents(good, {})
            good = fingerprinted(self._core, good)

            def write(tx: Connection, _: dict[str, str], columns: dict[str, Any]) -> str:
                place = _place_of(tx, row, own=own, renamed="name" in (options or {}))
                kept = [] if "notify" in (options or {}) or not own else asked(tx, row.id)
                again = msgspec.structs.replace(good, told=good.told + kept)
                return store_job(
                    self._core, tx, who, again, spec.parts, anew=True, **columns | place
                )

            return write

        new = accept(self._store, who, request, {}, draft, repeats=row)
        return self._core.job(who, new)

    def reset(self, who: Principal, job_id: str) -> Job:
        """Let a job that FAILED run once more: a new attempt of the same job (UFDL's reset).

        Jobs that were cancelled because it failed stay so. Raises `Conflict` for any other status.
        """
        who.require("submit", "run")
        with self._store.write() as tx:
            self.reopen(tx, who, self._core.job_row(tx, who, job_id, Right.EXECUTE))
        return self._core.job(who, job_id)

    def reopen(self, tx: Connection, who: Principal, row: JobRow) -> None:
        """Begin a new attempt of a job; `Conflict` unless it is FAILED."""
        if row.status != Status.FAILED:
            raise Conflict(
                f"The job is {row.status}; only one that FAILED can be reset.",
                field="id",
                value=row.id,
                hint="Run it again as a new job: rerun.",
            )
        reset_jobs(self._core, tx, who, [row])

    def get(self, who: Principal, job_id: str) -> Job:
        """Return a job."""
        who.require("read")
        with self._store.read() as connection:
            return self._seen(connection, who, job_id)

    def _seen(self, connection: Connection, who: Principal, job_id: str) -> Job:
        """Return a job that `who` may read."""
        mark = listing.one(connection, job_id, who.scope)
        if mark is not None:
            return self._core.shown(connection, [mark], who)[0].job
        row = self._core.job_row(connection, who, job_id)  # which says what is wrong
        return self._core.present(connection, [row], who)[0]

    def with_tool(self, who: Principal, job_id: str) -> tuple[Job, Tool | None]:
        """Return a job, and its tool as it was at its submit; None for a job of none."""
        who.require("read")
        with self._store.read() as connection:
            found = self._seen(connection, who, job_id)
            return found, self._core.specs.tool(connection, job_rows.spec_of(connection, found.pk))

    def tool(self, who: Principal, job_id: str) -> Tool | None:
        """Return the tool of a job as it was at its submit; None for a job of none.

        Also to who may only submit: to do something to a job answers with it.
        """
        who.require("read", "submit", "run")
        with self._store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            return self._core.specs.tool(connection, row.spec)

    def code(self, who: Principal, job_id: str) -> str:
        """Return the Python that submits a job like this one."""
        who.require("read")
        with self._store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            spec = self._core.specs.load(connection, [row.spec])[row.spec]
        spec = spec if who.owns(row.owner) else without_variables(spec)
        arguments = msgspec.json.decode(row.arguments)
        if spec.target.kind == "function":
            return ascode.IMPORT + ascode.rerun_code(job_id, arguments)
        what = ascode.target_code(spec.target)
        return ascode.IMPORT + ascode.submit_code(what, arguments, spec.options)

    def provenance(self, who: Principal, job_id: str) -> Provenance:
        """Return where a job came from; for whoever may read it."""
        who.require("read")
        with self._store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            spec = self._core.specs.load(connection, [row.spec])[row.spec]
        return provenance_of(spec, msgspec.json.decode(row.arguments))

    def numbered(self, who: Principal, pk: int) -> Job:
        """Return the job with this number (`pk`)."""
        who.require("read")
        with self._store.read() as connection:
            return self._seen(connection, who, job_rows.id_of(connection, pk) or str(pk))

    def list(self, who: Principal, query: JobQuery) -> Page[Job]:
        """Return one page of jobs."""
        return _of_jobs(self._page(who, search_of(query, self._core.house.root)))

    def listed(self, who: Principal, query: JobQuery) -> Page[Raw]:
        """Return the same page, its jobs as JSON: of those that have ended it is kept."""
        page = self._page(who, search_of(query, self._core.house.root))
        return Page([one.json for one in page.items], page.next, page.total)

    def search(self, who: Principal, search: JobSearch) -> Page[Job]:
        """Return one page of what a search finds."""
        return _of_jobs(self._page(who, read_search(search)))

    def window(self, who: Principal, search: JobSearch, offset: int) -> builtins.list[Job]:
        """Return up to `limit` jobs of what a search finds, behind the first `offset` of them.

        For dialects whose lists are counted. What is left out is read, but not presented.
        """
        who.require("read")
        wanted, asked = search.limit, read_search(msgspec.structs.replace(search, limit=_STEP))
        page = sorting.page if asked.sort else listing.page
        marks: builtins.list[Mark] = []
        with self._store.read() as connection:
            sight = _sight(connection, who, asked.shared)
            while len(marks) < wanted:
                some, following = page(connection, asked, sight)
                marks += some[offset : offset + wanted - len(marks)]
                offset = max(0, offset - len(some))
                if following is None:
                    break
                asked = msgspec.structs.replace(asked, cursor=following)
            return [one.job for one in self._core.shown(connection, marks)]

    def _page(self, who: Principal, search: Search) -> Page[Shown]:
        who.require("read")
        page = sorting.page if search.sort else listing.page
        with self._store.read() as connection:
            sight = _sight(connection, who, search.shared)
            marks, following = page(connection, search, sight)
            total = _total(connection, search, sight) if search.cursor is None else None
            return Page(self._core.shown(connection, marks, who), following, total)

    def history(self, who: Principal, job_id: str) -> builtins.list[Event]:
        """Return everything that happened to a job, in order."""
        who.require("read")
        with self._store.read() as connection:
            row = self._core.job_row(connection, who, job_id)
            return event_rows.of_job(connection, row.id)

    def cancel(self, who: Principal, job_id: str, *, failed: bool = False) -> Job:
        """Cancel a job: at once when it waits, else as soon as the runner has ended it.

        With `failed` one that FAILED is CANCELLED, too, and nobody can reset it any more (UFDL).
        """
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.job_row(tx, who, job_id, Right.WRITE)
            if failed and row.status == Status.FAILED:
                row = reopened(tx, row)
            changes = Changes(tx)
            cancel(changes, row, "cancelled by the user")
            changes.flush()
        return self._core.job(who, job_id)

    def delete(self, who: Principal, job_id: str) -> None:
        """Cancel a job unless it has ended, then hide it: it is in the trash."""
        who.require("submit", "run")
        with self._store.write() as tx:
            changes = Changes(tx)
            self.hide(changes, self._core.job_row(tx, who, job_id, Right.WRITE))
            changes.flush()

    def hide(self, changes: Changes, row: JobRow) -> None:
        """Cancel a job unless it has ended, and put it into the trash."""
        cancel(changes, row, "deleted by the user")
        changes.note(row, "deleted", deleted=now(), key=None)  # which may be used again

    def change(self, who: Principal, job_id: str, wanted: JobChange) -> Job:
        """Change a job's description, and if it waits, priority and hold; else `Conflict`."""
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.job_row(tx, who, job_id, Right.WRITE)
            if wanted.description is not None:
                describe(tx, row, wanted.description)
            if wanted.priority is not None or wanted.hold is not None:
                change_job(self._core, tx, row, wanted)
                promote(tx)
        return self._core.job(who, job_id)

    def release(self, who: Principal, job_id: str) -> Job:
        """Let a held job go on."""
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.job_row(tx, who, job_id, Right.WRITE)
            if not row.held or row.status in FINAL:
                raise Conflict(f"The job is {row.status}, not held.", field="id", value=job_id)
            changes = Changes(tx)
            changes.note(row, "released", held=False)
            changes.flush()
            promote(tx)
        return self._core.job(who, job_id)

    def _draft(
        self,
        who: Principal,
        request: SubmitRequest,
        parts: Collection[str],
        tool: Tool | None = None,
    ) -> Draft:
        check_single(request.options)
        kept = None if tool is None else msgspec.to_builtins(tool)
        return draft_job(self._core, who, request, parts, kept)


def _place_of(tx: Connection, row: JobRow, *, own: bool, renamed: bool) -> dict[str, Any]:
    """Return the columns by which a new job stands for `row`, which makes room for it."""
    place: dict[str, Any] = {} if renamed else {"name": row.name}
    if not own:
        return place
    place["owner"] = row.owner
    if row.batch_pk is not None and row.status in FINAL:
        job_rows.retire(tx, row.batch_pk, row.batch_index)
        place |= {"batch_pk": row.batch_pk, "batch": row.batch, "batch_index": row.batch_index}
    return place


def _of_jobs(page: Page[Shown]) -> Page[Job]:
    return Page([one.job for one in page.items], page.next, page.total)


def _sight(connection: Connection, who: Principal, shared: bool | None) -> Sight:
    """Return whose jobs a listing shows."""
    if who.scope is None:
        return Sight(who.owner, everything=True, granted=True, shared=shared)
    granted = any_for(connection, who.owner) or projects.any_for(connection, who.owner)
    named = projects.names_of(connection, who.owner, _PROJECTS)
    return Sight(who.owner, False, granted, shared, tuple(named))


def _total(connection: Connection, search: Search, sight: Sight) -> int | None:
    """Return how many jobs a search finds on all its pages, where that is known."""
    if search.deleted is not False or not (sight.whole or sight.own):
        return None
    match flat(search.where):
        case []:
            wanted = {*Status}
        case [In("status", statuses)]:
            wanted = {Status(str(one)) for one in statuses}
        case [Compare("status", "=", status)]:
            wanted = {Status(str(status))}
        case _:
            return None
    numbers = tallies.of_owner(connection, None if sight.whole else sight.viewer)
    return sum(numbers[status] for status in wanted)
