"""Taking a request in: arguments with their references and uploads, and the rows they become."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection

from ..model.errors import InvalidRequest, TooLarge
from ..model.request import Options, Target
from ..model.status import Status
from ..model.tool import Tool
from ..store import batches as batch_rows
from ..store import jobs as job_rows
from ..store import lines as line_rows
from ..store.contents import put_spec
from ..store.jobs import JobRow, Need
from ..store.queue import output_paths
from .access import rights_on
from .hints import did_you_mean
from .principal import Principal
from .references import MAIN, PART, OutputReference, PartReference, references
from .resolve import Plan
from .uploads import Uploads

_LARGEST_ARGUMENTS = 2**20  # bytes of JSON: every listing of jobs carries them


def place_parts(
    tool: Tool | None, arguments: dict[str, Any], parts: Collection[str]
) -> dict[str, Any]:
    """Return the arguments with uploads that are named like a tool's input in their places."""
    implied = {
        name: [{PART: name}] if declared.multiple else {PART: name}
        for name, declared in (tool.inputs if tool else {}).items()
        if name in parts and name not in arguments
    }
    return arguments | implied


def describe_parts(arguments: dict[str, Any], uploads: Uploads) -> dict[str, Any]:
    """Return the arguments with references that say the upload's file name and media type."""
    if not uploads:
        return arguments
    described: dict[str, Any] = _described(arguments, uploads)
    return described


def _described(value: Any, uploads: Uploads) -> Any:
    if isinstance(value, list):
        return [_described(inner, uploads) for inner in value]
    if not isinstance(value, dict):
        return value
    upload = uploads.get(value[PART]) if isinstance(value.get(PART), str) else None
    if upload is None:
        return {name: _described(inner, uploads) for name, inner in value.items()}
    facts = {"filename": upload.filename, "media_type": upload.media_type}
    return {"text": upload.filename} | value | facts


class Needs:
    """Collects what arguments refer to: uploads that must be there, jobs to wait for."""

    def __init__(self, parts: Collection[str]) -> None:
        self._parts = parts
        self.used: set[str] = set()
        self.jobs: dict[str, str] = {}  # id → the field that named it first
        self._outputs: dict[tuple[str, str], str] = {}  # job and name → the same
        self._ended: set[str] = set()  # those of which any end will do

    def add(self, arguments: dict[str, Any], prefix: str) -> None:
        """Take note of the references in `arguments`; `InvalidRequest` for a missing upload."""
        for reference in references(arguments, prefix):
            if isinstance(reference, OutputReference):
                self.jobs.setdefault(reference.job, reference.field)
                self._outputs.setdefault((reference.job, reference.name), reference.field)
            elif isinstance(reference, PartReference):  # data sets have become parts (`Pins`)
                self._add_part(reference)

    def add_after(self, options: Options) -> None:
        """Take note of jobs that must succeed, or at least have ended, first."""
        for index, job_id in enumerate(options.after):
            self.jobs.setdefault(job_id, f"options.after[{index}]")
        for index, job_id in enumerate(options.after_ended):
            if job_id not in self.jobs:
                self.jobs[job_id] = f"options.after_ended[{index}]"
                self._ended.add(job_id)

    def check_unused(self, target: Target, tool: Tool | None) -> None:
        """Raise `InvalidRequest` for an upload to a tool that nothing refers to."""
        if tool is None:
            return
        for name in self._parts:
            if name not in self.used and name != target.function:
                raise InvalidRequest(
                    f"{tool.id} has no use for the uploaded file {name!r}.",
                    field=name,
                    value=name,
                    hint=did_you_mean(name, tool.inputs),
                )

    def check(self, connection: Connection, who: Principal) -> None:
        """Raise what `rows` raises, and `InvalidRequest` for an output that will never be there."""
        needed = self.rows(connection, who)
        done = {need.row.id for need in needed if need.row.status == Status.SUCCEEDED}
        wanted = [named for named in self._outputs if named[0] in done]
        known = output_paths(connection, wanted)
        for job_id, name in wanted:
            if f"{job_id}/{name}" not in known:
                what = f"an output {name!r}" if name else "one output to stand for it"
                raise InvalidRequest(
                    f"The job {job_id} has ended without {what}.",
                    field=self._outputs[job_id, name],
                    value=name,
                    hint="Name one of its outputs: job.output('t.csv').",
                )

    def rows(self, connection: Connection, who: Principal) -> list[Need]:
        """Return the jobs to wait for; `InvalidRequest` for one that `who` does not have."""
        found = job_rows.by_ids(connection, self.jobs)
        for job_id, field in self.jobs.items():
            row = found.get(job_id)
            if row is not None and (job_id, MAIN) in self._outputs and not who.owns(row.owner):
                raise InvalidRequest(
                    f"{field}: the job {job_id} is not yours: loading its value runs their code.",
                    field=field,
                    value=job_id,
                    hint="Name one of its outputs: the path of that file is handed on.",
                )
            if row is None or _useless(connection, row) or not _may_use(connection, who, row):
                raise InvalidRequest(
                    f"There is no job {job_id!r} to wait for.",
                    field=field,
                    value=job_id,
                    hint="Give the id of a job that you may read.",
                )
        return [Need(row, job_id in self._ended) for job_id, row in found.items()]

    def _add_part(self, reference: PartReference) -> None:
        if reference.name not in self._parts:
            raise InvalidRequest(
                f"{reference.field}: there is no uploaded part {reference.name!r}.",
                field=reference.field,
                value=reference.name,
                hint=did_you_mean(reference.name, self._parts),
            )
        self.used.add(reference.name)


def _may_use(connection: Connection, who: Principal, row: JobRow) -> bool:
    """Tell whether `who` may read a job; one in the trash is its owner's alone."""
    return who.owns(row.owner) or (row.deleted is None and bool(rights_on(connection, who, row)))


def _useless(connection: Connection, row: JobRow) -> bool:
    """Tell whether waiting for this job makes no sense.

    It was deleted before it succeeded, or is about to go for good, maybe with its batch.
    """
    if row.deleted is None:
        return False
    batch = batch_rows.by_id(connection, row.batch, None) if row.batch is not None else None
    purged = row.purge is not None or (batch is not None and batch.purge is not None)
    return purged or row.status != Status.SUCCEEDED


def shared_columns(tx: Connection, plan: Plan, owner: str, parts: dict[str, str]) -> dict[str, Any]:
    """Keep the spec of a plan and return the columns that jobs and batches share."""
    options = plan.spec.options
    return {
        "name": plan.name,
        "kind": plan.kind,
        "target_name": plan.target_name,
        "tool": plan.tool.id if plan.tool else None,
        "tool_name": plan.tool.name if plan.tool else None,
        "owner": owner,
        "project": options.project,
        "spec": put_spec(tx, msgspec.structs.replace(plan.spec, parts=parts)),
        "priority": options.priority,
        "cpu": plan.resources.cpu,
        "memory": plan.resources.memory,
        "timeout": plan.resources.timeout,
        "max_running": options.max_running,
        "held": options.hold,
        "key": None,
        "request_hash": None,
    }


def line_of(tx: Connection, plan: Plan, row: Mapping[str, Any]) -> int:
    """Return the line in which the job or the jobs of a batch with these columns stand."""
    batch = row.get("batch_pk") if row["max_running"] else None
    facts = {
        **{name: row[name] for name in ("owner", "priority", "cpu")},
        "queue": plan.resources.queue,
        "memory": row["memory"] or 0,
        "gpu": plan.resources.gpu,
        "tool": row["tool"] or "",
        "tool_max": plan.resources.tool_max or 0,
        "batch_pk": batch or 0,
        "batch_max": row["max_running"] if batch else 0,
        "executor": plan.resources.executor,
        "tags": line_rows.tags_text(plan.spec.options.tags),
    }
    return line_rows.place(tx, facts)


def encode_arguments(arguments: dict[str, Any], prefix: str) -> bytes:
    """Return arguments as one line of JSON; refuse text that is no Unicode, and too much of it."""
    try:
        encoded = msgspec.json.encode(arguments)
    except UnicodeEncodeError:
        raise InvalidRequest(
            f"{prefix} holds text that is not valid Unicode.", field=prefix
        ) from None
    if len(encoded) > _LARGEST_ARGUMENTS:
        raise TooLarge(
            f"The arguments of one job may have {_LARGEST_ARGUMENTS:,} bytes.",
            field=prefix,
            value=len(encoded),
            hint="Send large values as files.",
        )
    return encoded


def verbs_for(target: Target) -> tuple[str, ...]:
    """Return the verbs of which it takes one to submit this target."""
    return ("submit", "run") if target.tool is not UNSET else ("run",)
