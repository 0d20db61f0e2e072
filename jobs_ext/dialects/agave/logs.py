"""The logs of a job as the two files that Agave leaves beside its outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ...model.errors import NotFound
from ...model.job import Job, Output
from ..table import Call, File, Reply

_KIND = "text/plain"
_STREAMS = {".out": "stdout", ".err": "stderr"}
_OTHER = re.compile(r"[^a-z0-9]+")


def names(job: Job) -> dict[str, str]:
    """Return what the files are called, and which stream each holds: ``my-job-<id>.out``."""
    slug = _OTHER.sub("-", job.name.lower()).strip("-") or "job"
    return {f"{slug}-{job.id}{suffix}": stream for suffix, stream in _STREAMS.items()}


def files(call: Call, job: Job) -> Iterator[Output]:
    """Yield those that there are by now, as outputs."""
    for name, stream in names(job).items() if job.attempts else ():
        try:
            found = call.service.logs.whole(call.who, job.id, stream)
            yield _output(name, found)
        except (NotFound, FileNotFoundError):  # not begun, or just on its way into the store
            continue


def _output(name: str, found: bytes | Path) -> Output:
    if isinstance(found, bytes):
        return Output(name, _KIND, len(found))
    return Output(name, _KIND, found.stat().st_size, path=str(found))


def sent(call: Call, job: Job, name: str) -> Reply | File:
    """Send one of them."""
    found = call.service.logs.whole(call.who, job.id, names(job)[name])
    if isinstance(found, bytes):
        return Reply(found, media_type=_KIND)
    return File(_output(name, found))
