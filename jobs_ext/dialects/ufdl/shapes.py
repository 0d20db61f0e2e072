"""Jobs, outputs and nodes as UFDL's clients know them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Container, Mapping, Sequence
from typing import Any

from ...model.job import Job
from ...model.node import Node
from ...model.status import ACTIVE, Status
from ...service import Service
from ...service.outputs import Numbered
from .filters import Fields, Record, plain
from .inputs import values_of

TOOLS = 2**32  # numbers of templates from here on are those of the server's own tools
CANCELLED = "Cancelled"  # what UFDL says of every job that was
TEMPLATE = "ufdl:"  # how the tools begin that our templates are; no tool file can be called so
FILE = "application/data"  # the media type of outputs that UFDL's clients make, and only they
OTHER = "BLOB<str>"  # the type of outputs that no UFDL client made
_NUMBER = re.compile(r"\d{1,9}")  # that a version begins with
_NO_OUTPUTS = (Status.SUBMITTED, Status.PENDING, Status.RUNNABLE)  # those of earlier tries are gone

Json = dict[str, Any]


def shown(service: Service, jobs: Sequence[Job]) -> list[Json]:
    """Return what is told of jobs, in their order."""
    numbers = service.outputs.numbers(jobs)
    held = {job.node for job in jobs if job.node}
    nodes = service.nodes.numbers(held) if held else {}
    given = values_of(service, [job for job in jobs if not _is_ours(job)])
    return [_job(job, numbers.get(job.id, []), nodes, given) for job in jobs]


def _job(
    job: Job, outputs: Sequence[Numbered], nodes: Mapping[str, int], given: Mapping[str, Json]
) -> Json:
    ours = _is_ours(job)
    start, end, error = times(job)
    return {
        "pk": job.pk,
        "template": job.arguments["template"] if ours else tool_template(job),
        "parent": None,
        "start_time": start,
        "end_time": end,
        "error_reason": error,
        "input_values": job.arguments["input_values"] if ours else {},
        "parameter_values": job.arguments["parameter_values"] if ours else given[job.id],
        "node": nodes.get(job.node or ""),
        "outputs": [output(one) for one in outputs] if has_outputs(job) else [],
        "description": job.description,
        "is_cancelled": is_cancelled(job),
        "creator": user(job.owner),
        "creation_time": job.created,
        "deletion_time": job.deleted,
    }


def _is_ours(job: Job) -> bool:
    """Tell whether a job was made from one of UFDL's templates."""
    return job.target.name.startswith(TEMPLATE)


def times(job: Job) -> tuple[str | None, str | None, str | None]:
    """Return when a job started and ended, and its error: what UFDL tells its phases by."""
    if is_cancelled(job):
        last = job.attempts[-1].start if job.attempts else None
        return job.started or last, None, CANCELLED
    if job.status is Status.FAILED:
        return job.started or job.stopped, job.stopped, job.reason or ""
    return job.started, job.stopped, None


def has_outputs(job: Job) -> bool:
    """Tell whether the outputs of a job are its own, and not those of an earlier try."""
    return job.status not in _NO_OUTPUTS


def is_cancelled(job: Job) -> bool:
    """Tell whether a job was cancelled: its node may not have stopped yet."""
    asked = job.cancel_requested is not None and job.status in ACTIVE
    return asked or job.status is Status.CANCELLED


def tool_template(job: Job) -> Json:
    """Return the template of a job that was made from none of UFDL's: its tool may be one."""
    outside = job.target.kind == "tool" and job.options.get("executor") == "node"
    known = outside or job.steps  # those tools are templates, too
    pk = TOOLS + zlib.crc32(job.target.name.encode()) if known else 0
    name, _, version = job.target.name.rpartition("-")
    number = _NUMBER.match(version) if known else None
    if number is None:
        return {"pk": pk, "name": job.target.name, "version": 1}
    return {"pk": pk, "name": name, "version": int(number[0])}


def output(one: Numbered, folder: str = "") -> Json:
    """Return what is told of an output beside its job; of a child's without its `folder`."""
    own, kind = name_and_type(one, folder)
    return {"pk": one.number, "name": own, "type": kind}


def name_and_type(one: Numbered, folder: str = "") -> tuple[str, str]:
    """Return name and type of an output: our name of it holds both, if UFDL's clients made it.

    Names of others may have slashes, which no name has there.
    """
    own, slash, kind = one.name.partition("/")
    if slash and one.media_type == FILE:
        return own, kind
    return one.name.removeprefix(folder).replace("/", ":"), OTHER


def joined(name: str, kind: str) -> str:
    """Return our name of an output that is added with this name and type."""
    return f"{name}/{kind}"


def user(owner: str) -> int:
    """Return a number that stands for a user: UFDL's clients know no names."""
    return zlib.crc32(owner.encode()) & 0x7FFFFFFF


def progress(job: Job) -> float:
    """Return how far a job is, 0.0 when that was never said."""
    said = job.progress.fraction if job.progress is not None else None
    return said or 0.0


def node(one: Node) -> Json:
    """Return what is told of a node; one that came by another way has its name as address."""
    about = one.about
    return {
        "pk": one.pk,
        "ip": about.get("ip", one.name),
        "index": about.get("index", 0),
        "driver_version": about.get("driver_version"),
        "hardware_generation": about.get("hardware_generation"),
        "gpu_mem": about.get("gpu_mem"),
        "cpu_mem": about.get("cpu_mem", one.memory or 0),
        "last_seen": one.seen,
        "current_job": next((h.pk for h in one.jobs if h.status is Status.RUNNING), None),
    }


def record(job: Job, told: Json, nodes: Mapping[int, Json], doable: Container[int]) -> Record:
    """Return what filters see of a job; UFDL's launcher can do those of the templates `doable`."""
    workable = told["template"]["pk"] in doable and job.status is not Status.PENDING
    return told | {
        "progress_amount": progress(job),
        "owner": job.owner,
        "workable": workable or None,
        "at": nodes.get(told["node"], {}),
    }


def job_fields() -> Fields:
    """Return the fields of jobs."""
    names = ("pk", "description", "input_values", "parameter_values", "start_time", "end_time")
    more = ("error_reason", "node", "creator", "parent", "creation_time", "deletion_time")
    known = plain(*names, *more, "progress_amount")
    known |= {"id": known["pk"], "node.pk": known["node"], "creator.pk": known["creator"]}
    known |= {"parent.pk": known["parent"], "parent.id": known["parent"]}
    known |= {"creator.username": lambda it: it["owner"]}
    known |= {"template": lambda it: it["template"]["pk"]}
    known |= {f"template.{name}": _of("template", name) for name in ("pk", "name", "version")}
    known |= {"template.id": known["template"], "template.workabletemplate": _workable}
    known |= {f"node.{name}": _of("at", name) for name in ("ip", "index", "last_seen")}
    known |= {f"outputs.{name}": _each("outputs", name) for name in ("pk", "name", "type")}
    return Fields(known)


def _of(where: str, name: str) -> Any:
    return lambda record: record[where].get(name)


def _each(where: str, name: str) -> Any:
    return lambda record: tuple(one[name] for one in record[where])


def _workable(record: Record) -> Any:
    return record["workable"]


JOB_FIELDS = job_fields()
NODE_FIELDS = Fields(
    plain("pk", "ip", "index", "driver_version", "hardware_generation", "gpu_mem", "cpu_mem")
    | plain("last_seen", "current_job")
    | {"id": lambda it: it["pk"]}
)
