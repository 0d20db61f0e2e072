"""Macros in the URLs of notifications, ``${JOB_ID}``: the names are Agave's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..model.job import Batch, Job

_MACRO = re.compile(r"\$\{([^{}]*)\}")

#: What Agave knows and nothing here stands for: replaced by nothing.
_EMPTY = (
    *("JOB_URL", "JOB_ARCHIVE_PATH", "JOB_ARCHIVE_URL", "JOB_ARCHIVE_SYSTEM", "JOB_OUTPUT_PATH"),
    *("JOB_LOCAL_ID", "JOB_TENANT", "JOB_NODE_COUNT"),
)
#: Of a job: what each macro stands for, and where it is found.
MACROS = {
    "EVENT": "the event that is told",
    "UUID": "the id of the job or batch",
    "OWNER": "who it belongs to",
    "BATCH_ID": "the id of the batch",
    "JOB_ID": "the id of the job",
    "JOB_NAME": "the name of the job or batch",
    "JOB_OWNER": "who it belongs to",
    "JOB_STATUS": "the status of the job",
    "JOB_ERROR": "why it failed, as a sentence",
    "JOB_CREATED": "when it was submitted",
    "JOB_SUBMIT_TIME": "when it was submitted",
    "JOB_START_TIME": "when it began to run",
    "JOB_END_TIME": "when it ended",
    "JOB_SYSTEM": "the executor",
    "JOB_EXECUTION_SYSTEM": "the executor",
    "JOB_BATCH_QUEUE": "the queue, if it was chosen",
    "JOB_MAX_RUNTIME": "the time limit, if one was given",
    "JOB_PROCESSORS_PER_NODE": "cores, if they were given",
    "JOB_MEMORY_PER_NODE": "memory, if it was given",
    "JOB_INPUTS": "input files, with commas",
    "JOB_PARAMETERS": "names of the arguments, with commas",
    "APP_ID": "the tool or other target",
    "JOB_APP_ID": "the tool or other target",
} | dict.fromkeys(_EMPTY, "nothing: there is none here")


def macros(text: str) -> list[str]:
    """Return the names of the macros in a text, known or not."""
    return _MACRO.findall(text)


def expand(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its macros replaced, quoted as parts of a URL are."""
    return _MACRO.sub(lambda found: quote(values.get(found[1], ""), safe=""), text)


def values_of(thing: Job | Batch, event: str) -> dict[str, str]:
    """Return what the macros stand for when `event` of this job or batch is told."""
    own = _of_job(thing) if isinstance(thing, Job) else {"BATCH_ID": thing.id}
    said = own | {
        "EVENT": event,
        "UUID": thing.id,
        "OWNER": thing.owner,
        "JOB_OWNER": thing.owner,
        "JOB_NAME": thing.name,
        "JOB_CREATED": thing.created,
        "JOB_SUBMIT_TIME": thing.created,
        "APP_ID": thing.target.name,
        "JOB_APP_ID": thing.target.name,
    }
    return {name: "" if value is None else str(value) for name, value in said.items()}


def _of_job(job: Job) -> dict[str, Any]:
    options = job.options
    executor = options.get("executor") or "local"
    return {
        "BATCH_ID": job.batch,
        "JOB_ID": job.id,
        "JOB_STATUS": job.status,
        "JOB_ERROR": job.reason if job.status == "FAILED" else None,
        "JOB_START_TIME": job.started,
        "JOB_END_TIME": job.stopped,
        "JOB_SYSTEM": executor,
        "JOB_EXECUTION_SYSTEM": executor,
        "JOB_BATCH_QUEUE": options.get("queue"),
        "JOB_MAX_RUNTIME": options.get("timeout"),
        "JOB_PROCESSORS_PER_NODE": options.get("cpu"),
        "JOB_MEMORY_PER_NODE": options.get("memory"),
        "JOB_INPUTS": ",".join(options.get("inputs", [])),
        "JOB_PARAMETERS": ",".join(job.arguments),
    }
