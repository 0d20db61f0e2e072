"""The outputs of a job as a folder to list, at one address before and after archiving."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from ...model.errors import NotFound
from ...model.job import Job, Output
from ...model.tool import Tool
from ..table import Call, File, Reply
from . import logs
from .envelope import paged
from .shapes import STORAGE, Object, date, link

_PAGE = 500  # outputs that are read at a time


def listings(call: Call, job: str, path: str) -> list[Object]:
    """List a folder of a job's outputs, or one file of them."""
    found, tool = call.service.jobs.with_tool(call.who, job)
    wanted = clean(path)
    names = _outputs(call, found, tool)
    if wanted in names:
        return [_file(call, found, wanted, names[wanted])]
    inside = f"{wanted}/" if wanted else ""
    rows: dict[str, Object] = {}
    for name, output in sorted(names.items()):
        if not name.startswith(inside):
            continue
        first, _, deeper = name[len(inside) :].partition("/")
        if deeper:
            rows.setdefault(first, _folder(call, found, inside + first))
        else:
            rows[first] = _file(call, found, name, output)
    if not rows and wanted:
        raise NotFound(f"There is no {wanted!r} in the job's outputs.", field="path", value=wanted)
    return paged(call, list(rows.values()))


def media(call: Call, job: str, path: str) -> File | Reply:
    """Send a file of a job's outputs, or one of its logs."""
    name = clean(path)
    found, tool = call.service.jobs.with_tool(call.who, job)
    try:
        return File(call.service.outputs.find(call.who, job, ours(tool, name), so_far=True))
    except NotFound:
        if name not in logs.names(found):
            raise
        return logs.sent(call, found, name)


def clean(path: str) -> str:
    """Return the name of an output; the client's own placeholder stands for the root."""
    parts = [part for part in path.split("/") if part]
    return "" if parts == ["{filePath}"] else "/".join(parts)


def ours(tool: Tool | None, path: str) -> str:
    """Return the name of the output at a path: what the tool declares has a name of its own."""
    places = tool.places if tool else {}
    return next((name for name, place in places.items() if place == path), path)


def _outputs(call: Call, job: Job, tool: Tool | None) -> dict[str, Output]:
    """Return all outputs of a job and its logs, by name."""
    read = partial(call.service.outputs.list, call.who, job.id, limit=_PAGE, so_far=True)
    page = read()
    found = [*page.items]
    while page.next is not None:
        page = read(cursor=page.next)
        found += page.items
    places = tool.places if tool else {}
    beside = {output.name: output for output in logs.files(call, job)}
    return beside | {places.get(output.name, output.name): output for output in found}


def _file(call: Call, job: Job, name: str, output: Output) -> Object:
    kind = {"length": output.size, "mimeType": output.media_type, "format": "raw", "type": "file"}
    changed = _changed(output) or date(job.stopped or job.created)
    return _row(call, job, name, "media", changed) | kind


def _folder(call: Call, job: Job, name: str) -> Object:
    kind = {"length": 0, "mimeType": "text/directory", "format": "folder", "type": "dir"}
    return _row(call, job, name, "listings", date(job.stopped or job.created)) | kind


def _row(call: Call, job: Job, name: str, place: str, changed: str | None) -> Object:
    links: dict[str, Any] = {
        "self": link(call, "jobs/v2", job.id, f"outputs/{place}", name),
        "system": link(call, "systems/v2", STORAGE),
        "parent": link(call, "jobs/v2", job.id),
    }
    return {
        "name": name.rpartition("/")[2],
        "path": f"/{name}",
        "lastModified": changed,
        "permission": "READ",
        "permissions": "READ",
        "system": STORAGE,
        "_links": links,
    }


def _changed(output: Output) -> str | None:
    """Return when the file of an output was last written; None when it is gone."""
    try:
        seconds = Path(output.path or "").stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
