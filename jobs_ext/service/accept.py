"""Accepting one job: from a request, or from a job that ran before."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from ..model.clock import now
from ..model.ids import new_id
from ..model.request import Context, Options, SubmitRequest
from ..model.status import Status
from ..store import jobs as job_rows
from ..store import notifications as notification_rows
from ..store.contents import Spec
from ..store.jobs import JobRow, Need
from ..store.notifications import Told
from .core import Core
from .decode import convert_request
from .fingerprints import Fingerprints
from .intake import Needs, encode_arguments, line_of, place_parts, shared_columns, verbs_for
from .mounts import check_mounts
from .pins import Pins, kept_parts
from .policy import check_unfinished
from .principal import Principal
from .projects import check_project
from .quota import charge, check_charge
from .reach import Reach
from .resolve import Plan, settle
from .reuse import keep, note_keys, take_over
from .uploads import Uploads, hash_of, size_of
from .validators import Contents


class Draft(Struct, frozen=True):
    """A job whose request was found good, not yet stored."""

    plan: Plan
    arguments: dict[str, Any]
    needs: Needs
    told: list[Told]  # whom it tells what becomes of it
    pinned: Uploads = {}  # the data sets that it reads, as further parts


class _Changed(Struct, frozen=True):
    """For messages that name the field ``options.cpu``."""

    options: Options


def draft_job(
    core: Core,
    who: Principal,
    request: SubmitRequest,
    parts: Collection[str],
    snapshot: dict[str, Any] | None = None,
) -> Draft:
    """Return the draft of a job; raise what is wrong with its request. Has no effect."""
    who.require(*verbs_for(request.target))
    pins = Pins(core, who, parts)
    arguments = pins.pinned(request.arguments, "arguments")
    known = {*parts, *pins.uploads}
    reach = Reach(who, core.house)
    reach.check_options(request.options)
    plan = settle(
        core.house,
        core.seen(who),
        request.target,
        request.options,
        reach.context(request.context),
        known,
        snapshot,
    )
    check_mounts(who, plan.policy, request.options, plan.tool, core.store.paths)
    given = place_parts(plan.tool, arguments, parts)
    reach.check_arguments(plan.tool, given, plan.spec.base, "arguments")
    needs = Needs(known)
    needs.add(given, "arguments")
    needs.check_unused(request.target, plan.tool)
    needs.add_after(request.options)
    with core.store.read() as connection:
        needs.check(connection, who)
    told = core.house.whom.check(request.options.notify, "options.notify", batch=False)
    return Draft(plan, plan.rules.check(given, "arguments"), needs, told, pins.uploads)


def check_contents(draft: Draft, uploads: Uploads) -> None:
    """Raise `InvalidRequest` for a file in which is not what the tool reads."""
    contents = Contents(draft.plan.tool, draft.plan.spec.base, {**uploads, **draft.pinned})
    contents.check(draft.arguments, "arguments")


def check_room(connection: Connection, who: Principal, draft: Draft, uploads: Uploads) -> None:
    """Raise what `store_job` would of the project and of the owner's quotas.

    The job is taken for one that runs, though it may come to take over the results of another.
    """
    policy = draft.plan.policy
    check_project(connection, who, draft.plan.spec.options.project)
    sizes = {hash_of(one): size_of(one) for one in {**uploads, **draft.pinned}.values()}
    check_charge(connection, policy, who.owner, sizes)
    check_unfinished(connection, policy, who.owner, 1)


def fingerprinted(core: Core, draft: Draft) -> Draft:
    """Return the draft with what the files that the job reads are like now."""
    plan = Fingerprints(core.house.hashed_inputs).taken(draft.plan, [draft.arguments])
    return msgspec.structs.replace(draft, plan=plan)


def store_job(
    core: Core,
    tx: Connection,
    who: Principal,
    draft: Draft,
    parts: dict[str, str],
    *,
    anew: bool = False,
    **columns: Any,
) -> str:
    """Store a job as it was drafted, `columns` set besides, and return its id.

    It is to run `anew` even when it may take over the results of another.
    """
    needed = draft.needs.rows(tx, who)
    parts = {**parts, **kept_parts(tx, draft.pinned)}
    row = shared_columns(tx, draft.plan, who.owner, parts)
    row |= {
        "id": new_id(),
        "batch_pk": None,
        "batch": None,
        "batch_index": None,
        "description": draft.plan.spec.options.description,
        "notebook": draft.plan.spec.context.origin.notebook,
        "status": first_status(row["held"], needed),
        "arguments": encode_arguments(draft.arguments, "arguments").decode(),
    }
    row |= columns
    check_project(tx, who, row["project"])
    row["line"] = line_of(tx, draft.plan, row)
    spec = msgspec.structs.replace(draft.plan.spec, parts=parts)
    note_keys(spec, [row])
    created = now()
    charge(tx, core.store.paths, draft.plan.policy, row["owner"], parts.values())
    taken = [] if anew else take_over(tx, core.store.paths, [row], created)
    if not taken:
        check_unfinished(tx, draft.plan.policy, row["owner"], 1)
    job_rows.make(tx, [row], [[] if taken else needed], created)
    keep(tx, taken)
    job_id: str = row["id"]
    notification_rows.make(tx, draft.told, row["owner"], created, job=job_id)
    return job_id


def first_status(held: bool, needed: Collection[Need]) -> Status:
    """Return where a new job stands at once."""
    waits = held or any(need.open for need in needed)
    return Status.PENDING if waits else Status.RUNNABLE


def repeat_request(
    row: JobRow,
    spec: Spec,
    arguments: dict[str, Any] | None,
    options: dict[str, Any] | None,
    context: Context | None,
) -> SubmitRequest:
    """Return the request that repeats a job with changes, in the environment of who repeats it."""
    kept = msgspec.to_builtins(msgspec.structs.replace(spec.options, key=None, hold=False))
    merged = convert_request({"options": kept | (options or {})}, _Changed).options
    captured = spec.context.environment if context is None else context.environment
    return SubmitRequest(
        target=spec.target,
        arguments=msgspec.json.decode(row.arguments) | (arguments or {}),
        options=merged,
        context=msgspec.structs.replace(spec.context, environment=captured),
    )
