"""Batches: jobs submitted together, accepted at once."""

from __future__ import annotations

import builtins
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from ..model.clock import now
from ..model.errors import Conflict, InvalidRequest
from ..model.filters import BATCH_FIELDS
from ..model.ids import new_id
from ..model.job import Batch, Failures, Job, Page
from ..model.query import JobQuery
from ..model.request import BatchChange, BatchRequest
from ..store import batches as rows
from ..store import events as event_rows
from ..store import failures
from ..store import notifications as notification_rows
from ..store.batches import BatchRow
from ..store.jobs import next_pk
from ..store.notifications import Told
from .core import Core
from .filters import read_filter
from .fingerprints import Fingerprints
from .intake import (
    Needs,
    describe_parts,
    encode_arguments,
    line_of,
    place_parts,
    shared_columns,
)
from .jobs import Jobs
from .mounts import check_mounts
from .moves import promote
from .options import check_sweep
from .pins import Pins, kept_parts
from .policy import check_batch, check_unfinished
from .principal import Principal
from .projects import check_project
from .quota import charge
from .reach import Reach
from .requeue import change_batch
from .reset import reset_batch
from .resolve import Plan, settle
from .searches import check_limit
from .submit import Write, accept
from .uploads import Uploads
from .validators import Contents

_MOST_JOBS = 100_000
_REASONS = 5  # reason codes that are told of a batch


class _Draft(Struct, frozen=True):
    """A batch whose request was found good, not yet stored."""

    plan: Plan
    fixed: dict[str, Any]
    lines: list[bytes]
    parameters: list[str]
    needs: Needs
    told: list[Told]  # whom it tells of its end
    pinned: Uploads  # the data sets that its jobs read, as further parts


class Batches:
    """What can be done with batches."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self._core = core
        self._store = core.store
        self._jobs = jobs

    def submit(self, who: Principal, request: BatchRequest, parts: Uploads | None = None) -> Batch:
        """Accept a batch: one row; its jobs are made by the runner, in groups."""
        uploads = parts or {}

        def draft() -> Write:
            good = self._draft(who, request, uploads)
            return lambda tx, kept, columns: _store(self._core, tx, who, good, kept, columns)

        return self._present(who, accept(self._store, who, request, uploads, draft))

    def get(self, who: Principal, batch_id: str) -> Batch:
        """Return a batch with the counts of its jobs."""
        who.require("read")
        with self._store.read() as connection:
            return self._batch(connection, self._core.batch_row(connection, who, batch_id))

    def list(
        self,
        who: Principal,
        limit: int = 100,
        cursor: str | None = None,
        filter: str | None = None,  # noqa: A002 - what it is called everywhere
    ) -> Page[Batch]:
        """Return one page of the batches that a filter finds, newest first."""
        who.require("read")
        check_limit(limit)
        where = read_filter(filter, BATCH_FIELDS)
        with self._store.read() as connection:
            found, following = rows.page(connection, who.scope, limit, cursor, where)
            return Page([self._batch(connection, row) for row in found], following)

    def jobs(self, who: Principal, batch_id: str, query: JobQuery) -> Page[Job]:
        """Return one page of a batch's jobs, by index: for each index the latest."""
        self.get(who, batch_id)
        return self._jobs.list(who, msgspec.structs.replace(query, batch=batch_id))

    def failures(self, who: Principal, batch_id: str) -> builtins.list[Failures]:
        """Return why jobs of a batch failed: the commonest reason codes, each with an example."""
        who.require("read")
        with self._store.read() as connection:
            row = self._core.batch_row(connection, who, batch_id)
            found = failures.reasons(connection, row.pk, _REASONS)
            examples = failures.rows(connection, [first for _, _, first in found])
            shown = {job.pk: job for job in self._core.present(connection, examples)}
        return [Failures(code, n, shown[first]) for code, n, first in found if first in shown]

    def reset(self, who: Principal, batch_id: str) -> Batch:
        """Let every job of a batch that FAILED run once more, as a new attempt of itself.

        Raises `Conflict` when there is none.
        """
        who.require("submit", "run")
        with self._store.read() as connection:
            row = self._core.batch_row(connection, who, batch_id)
        reset_batch(self._core, who, row)
        return self._present(who, batch_id)

    def cancel(self, who: Principal, batch_id: str) -> Batch:
        """Cancel every job of a batch that has not ended; those not made yet are made so."""
        who.require("submit", "run")
        with self._store.write() as tx:
            self._cancel(tx, self._core.batch_row(tx, who, batch_id), "its batch was cancelled")
        return self._present(who, batch_id)

    def delete(self, who: Principal, batch_id: str) -> None:
        """Cancel a batch, then hide it and its jobs: they are in the trash."""
        who.require("submit", "run")
        with self._store.write() as tx:
            self.hide(tx, self._core.batch_row(tx, who, batch_id))

    def hide(self, tx: Connection, row: BatchRow) -> None:
        """Cancel a batch unless it has ended, and put it and its jobs into the trash."""
        self._cancel(tx, row, "its batch was deleted")
        time = now()
        rows.set_columns(tx, row.pk, deleted=time, key=None)  # which may be used again
        rows.hide_jobs(tx, row.pk, time)
        event_rows.append(tx, [event_rows.entry(time, "deleted", row.owner, batch=row.id)])

    def change(self, who: Principal, batch_id: str, wanted: BatchChange) -> Batch:
        """Change the priority of the jobs of a batch that wait, and of those not made yet."""
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.batch_row(tx, who, batch_id)
            if row.line is None:
                raise Conflict("No job of the batch waits.", field="id", value=batch_id)
            columns = change_batch(self._core, tx, row, wanted.priority)
            rows.set_columns(tx, row.pk, **columns)
            data = {"priority": wanted.priority}
            entry = event_rows.entry(now(), "changed", row.owner, batch=row.id, data=data)
            event_rows.append(tx, [entry])
        return self._present(who, batch_id)

    def release(self, who: Principal, batch_id: str) -> Batch:
        """Let the held jobs of a batch go on."""
        who.require("submit", "run")
        with self._store.write() as tx:
            row = self._core.batch_row(tx, who, batch_id)
            if not row.held:
                raise Conflict("The batch is not held.", field="id", value=batch_id)
            rows.set_columns(tx, row.pk, held=False)
            rows.release_jobs(tx, row.pk, now())
            event_rows.append(tx, [event_rows.entry(now(), "released", row.owner, batch=row.id)])
            promote(tx)
        return self._present(who, batch_id)

    def _draft(self, who: Principal, request: BatchRequest, uploads: Uploads) -> _Draft:
        _check_size(request)
        pins = Pins(self._core, who, uploads)
        request = msgspec.structs.replace(
            request,
            fixed=pins.pinned(request.fixed, "fixed"),
            arguments=[
                pins.pinned(entry, f"arguments[{index}]")
                for index, entry in enumerate(request.arguments)
            ],
        )
        known = {**uploads, **pins.uploads}
        reach = Reach(who, self._core.house)
        reach.check_options(request.options)
        plan = settle(
            self._core.house,
            self._core.seen(who),
            request.target,
            request.options,
            reach.context(request.context),
            known.keys(),
        )
        check_batch(plan.policy, len(request.arguments))
        check_sweep(request.options, plan.tool, len(request.arguments))
        check_mounts(who, plan.policy, request.options, plan.tool, self._store.paths)
        fixed = place_parts(plan.tool, request.fixed, _given_once(request, uploads))
        reach.check_arguments(plan.tool, fixed, plan.spec.base, "fixed")
        for index, entry in enumerate(request.arguments):
            reach.check_arguments(plan.tool, entry, plan.spec.base, f"arguments[{index}]")
        needs = Needs(known.keys())
        needs.add(fixed, "fixed")
        needs.add_after(request.options)
        contents = Contents(plan.tool, plan.spec.base, known)
        contents.check(fixed, "fixed")
        lines = [
            _line(plan, fixed, entry, f"arguments[{index}]", needs, contents)
            for index, entry in enumerate(request.arguments)
        ]
        needs.check_unused(request.target, plan.tool)
        with self._store.read() as connection:
            needs.check(connection, who)
        names = dict.fromkeys(name for entry in request.arguments for name in entry)
        sets = (msgspec.json.decode(line) | fixed for line in lines)
        plan = Fingerprints(self._core.house.hashed_inputs).taken(plan, sets)
        told = self._core.house.whom.check(request.options.notify, "options.notify", batch=True)
        fixed = describe_parts(fixed, uploads)
        return _Draft(plan, fixed, lines, [*names], needs, told, pins.uploads)

    def _cancel(self, tx: Connection, row: BatchRow, reason: str) -> None:
        if row.cancel_requested is None:
            time = now()
            rows.set_columns(tx, row.pk, cancel_requested=time)
            entry = event_rows.entry(time, "cancel_requested", row.owner, batch=row.id)
            event_rows.append(tx, [entry])
        rows.cancel_jobs(tx, row.pk, reason, now())

    def _present(self, who: Principal, batch_id: str) -> Batch:
        with self._store.read() as connection:
            row = self._core.batch_row(connection, who, batch_id, hidden=True)
            return self._batch(connection, row)

    def _batch(self, connection: Connection, row: BatchRow) -> Batch:
        spec = self._core.specs.load(connection, [row.spec])[row.spec]
        return rows.to_batch(connection, row, spec)


def _check_size(request: BatchRequest) -> None:
    number = len(request.arguments)
    if not 1 <= number <= _MOST_JOBS:
        raise InvalidRequest(
            "A batch needs at least one set of arguments."
            if number == 0
            else f"A batch can't have {number:,} jobs.",
            field="arguments",
            value=number,
            hint=f"Give 1 to {_MOST_JOBS:,} sets; for more, submit several batches.",
        )


def _given_once(request: BatchRequest, uploads: Uploads) -> builtins.list[str]:
    """Return the uploads that no argument set names an argument of."""
    varied = {name for entry in request.arguments for name in entry}
    return [name for name in uploads if name not in varied]


def _line(
    plan: Plan,
    fixed: dict[str, Any],
    entry: dict[str, Any],
    prefix: str,
    needs: Needs,
    contents: Contents,
) -> bytes:
    """Return one argument set as a line of JSON, found good."""
    for name in entry.keys() & fixed.keys():
        raise InvalidRequest(
            f"{prefix}: {name!r} is also a fixed argument.",
            field=f"{prefix}.{name}",
            value=entry[name],
            hint="Give it either to each job or once for all.",
        )
    needs.add(entry, prefix)
    whole = plan.rules.check(entry | fixed, prefix)
    own = {name: value for name, value in whole.items() if name not in fixed}
    contents.check(own, prefix)
    return encode_arguments(describe_parts(own, contents.uploads), prefix)


def _store(
    core: Core,
    tx: Connection,
    who: Principal,
    draft: _Draft,
    parts: dict[str, str],
    columns: dict[str, Any],
) -> str:
    draft.needs.rows(tx, who)
    parts = {**parts, **kept_parts(tx, draft.pinned)}
    time = now()
    row = shared_columns(tx, draft.plan, who.owner, parts) | {
        "pk": next_pk(tx, "batch"),
        "id": new_id(),
        "created": time,
        "n_jobs": len(draft.lines),
        "parameters": msgspec.json.encode(draft.parameters).decode(),
        "fixed": encode_arguments(draft.fixed, "fixed").decode(),
    }
    row |= columns
    check_project(tx, who, row["project"])
    check_unfinished(tx, draft.plan.policy, who.owner, len(draft.lines))
    charge(tx, core.store.paths, draft.plan.policy, who.owner, parts.values())
    row["line"] = line_of(tx, draft.plan, row | {"batch_pk": row["pk"]})
    rows.make(tx, row, draft.lines)
    data = {"name": row["name"], "n_jobs": row["n_jobs"]}
    event = event_rows.entry(time, "submitted", who.owner, batch=row["id"], data=data)
    event_rows.append(tx, [event])
    batch_id: str = row["id"]
    notification_rows.make(tx, draft.told, row["owner"], time, batch=batch_id)
    return batch_id
