"""Jobs, histories, permissions and files as Agave writes them."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

from ...model.job import Job
from ...model.quantities import parse_bytes, parse_duration
from ...model.status import Status
from ...model.tool import Tool
from ...service.archiving import filled
from ...service.references import OUTPUT
from .states import Entry, state_of

if TYPE_CHECKING:
    from ..table import Call

#: The one storage system: the folder at the root of the server's file browser.
STORAGE = "jupyter"
_GB = 1_000_000_000

Object = dict[str, Any]


class Rooted(Protocol):
    """What knows the address of the dialect's root: a call, or whom something is told."""

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""


def date(time: str | None) -> str | None:
    """Return a time with milliseconds and offset, as the client parses it."""
    if time is None:
        return None
    return f"{time[:-4]}+00:00"  # of microseconds, and the Z


def link(call: Rooted, *parts: str) -> Object:
    """Return a link to a path below the dialect's root."""
    return {"href": f"{call.url}/" + "/".join(map(quote, parts))}


def query(call: Rooted, path: str, **given: str) -> Object:
    """Return a link to a path below the dialect's root, with a query."""
    return {"href": f"{call.url}/{path}/?{urlencode(given)}"}


def person(call: Rooted, *parts: str) -> Object:
    """Return a link whose last part is the name of a user, in which a slash is no end."""
    *path, name = parts
    return {"href": f"{link(call, *path)['href']}/{quote(name, safe='')}"}


def tool_of(call: Call, job: Job) -> Tool | None:
    """Return the tool of a job as it was at its submit; None for a job of none."""
    return call.service.jobs.tool(call.who, job.id) if job.target.kind == "tool" else None


def summary(call: Rooted, job: Job) -> Object:
    """Return a row of a list of jobs."""
    here = f"{call.url}/jobs/v2/{job.id}"
    return {
        "id": job.id,
        "name": job.name,
        "owner": job.owner,
        "executionSystem": system(job),
        "appId": job.target.name,
        "created": date(job.created),
        "status": state_of(job),
        "startTime": date(job.started),
        "endTime": date(job.stopped),
        "_links": {
            "self": {"href": here},
            "archiveData": {"href": f"{here}/outputs/listings"},
        },
    }


def full(call: Rooted, job: Job, tool: Tool | None) -> Object:
    """Return a job, with the names that the seed's client knows."""
    changed = max(filter(None, (job.created, job.started, job.stopped, job.deleted)))
    return {
        **summary(call, job),
        **_wanted(job, tool),
        **_archive(job),
        "retries": max(0, len(job.attempts) - 1),
        "localId": str(job.pk),
        "outputPath": None,
        "message": job.reason if job.status is Status.FAILED else None,
        "submitTime": date(job.created),
        "lastUpdated": date(changed),
        **_arguments(job, tool),
        "_links": _links(call, job),
    }


def system(job: Job) -> str:
    """Return the execution system of a job: what runs it."""
    return str(job.options.get("executor", "local"))


def _wanted(job: Job, tool: Tool | None) -> Object:
    """Return what the job takes: by its options, else by its tool."""

    def of(name: str) -> Any:
        declared = getattr(tool.resources, name) if tool else None
        return job.options.get(name, declared)

    memory, time = of("memory"), of("timeout")
    return {
        "batchQueue": of("queue") or "default",
        "nodeCount": 1,
        "processorsPerNode": cores(of("cpu") or 1),
        "memoryPerNode": None if memory is None else parse_bytes(memory) / _GB,
        "maxRunTime": None if time is None else clock(parse_duration(time)),
    }


def cores(cpu: float) -> int:
    """Return a number of processors: Agave knows no parts of one."""
    return ceil(cpu)


def clock(seconds: float) -> str:
    """Return a duration as HH:mm:ss, never too short."""
    whole = ceil(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def _archive(job: Job) -> Object:
    folder = job.options.get("archive")
    if folder is None:
        return {"archive": False}
    path = filled(folder, job.id, job.batch_index)
    return {"archive": True, "archivePath": path, "archiveSystem": STORAGE}


def _arguments(job: Job, tool: Tool | None) -> Object:
    files = tool.inputs if tool else {}
    inputs = {name: value for name, value in job.arguments.items() if name in files}
    return {
        "inputs": {name: _files(value) for name, value in inputs.items()},
        "parameters": {n: value for n, value in job.arguments.items() if n not in inputs},
    }


def _files(value: Any) -> list[Any]:
    """Return where the files of an input come from, always a list; uploads by their names."""
    many = value if isinstance(value, list) else [value]
    return [_file(one) if isinstance(one, dict) else one for one in many]


def _file(given: Object) -> Any:
    """Return what stands for an upload or for an output of a job, as it may be asked for again."""
    output = given.get(OUTPUT)
    if isinstance(output, dict):
        return f"agave://{STORAGE}/jobs/v2/{output['job']}/outputs/media/{output['name']}"
    return given.get("text", given)


def _links(call: Rooted, job: Job) -> Object:
    found = {
        "self": link(call, "jobs/v2", job.id),
        "app": link(call, "apps/v2", job.target.name),
        "executionSystem": link(call, "systems/v2", system(job)),
        "archiveSystem": link(call, "systems/v2", STORAGE),
        "archiveData": link(call, "jobs/v2", job.id, "outputs/listings"),
        "owner": person(call, "profiles/v2", job.owner),
        "permissions": link(call, "jobs/v2", job.id, "pems"),
        "history": link(call, "jobs/v2", job.id, "history"),
        "metadata": query(call, "meta/v2/data", associationIds=job.id),
        "notifications": query(call, "notifications/v2", associatedUuid=job.id),
    }
    if job.target.kind != "tool":
        del found["app"]
    return found


def entry(line: Entry, owner: str) -> Object:
    """Return a line of a history."""
    return {
        "status": line.status,
        "created": date(line.time),
        "createdBy": line.by or owner,
        "description": line.says,
    }


def entries(lines: Iterable[Entry], owner: str) -> list[Object]:
    """Return a history."""
    return [entry(line, owner) for line in lines]
