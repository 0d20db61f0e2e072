"""What Agave's users are told: the job as Agave writes it, macros in Agave's words."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ...model.job import Job
from ...model.notification import Words
from ...model.tool import Tool
from ...service.macros import values_of
from ...service.telling import Telling
from .shapes import STORAGE, Object, full
from .states import name_of, state_of


class _Root(NamedTuple):
    url: str


def told(words: Words, job: Job, tool: Tool | None, event: str, delivery: str) -> Telling:
    """Return what is told of an event of a job."""
    shown = full(_Root(words.root), job, tool)
    name = words.event or name_of(event)
    return Telling(
        body=shown,
        values=_values(job, shown, name),
        headers={"X-Agave-Delivery": delivery, "X-Agave-Notification": name},
        subject=f"Job {job.id} received a {name} event",
        text=_text(shown),
    )


def _values(job: Job, shown: Object, event: str) -> dict[str, str]:
    links = {name: link["href"] for name, link in shown["_links"].items()}
    archived = shown["archive"]
    ours = {
        "EVENT": event,
        "JOB_STATUS": state_of(job),
        "JOB_URL": links["self"],
        "JOB_SUBMIT_TIME": shown["submitTime"],
        "JOB_CREATED": shown["created"],
        "JOB_START_TIME": shown["startTime"],
        "JOB_END_TIME": shown["endTime"],
        "JOB_ARCHIVE_PATH": shown.get("archivePath"),
        "JOB_ARCHIVE_URL": links["archiveData"] if archived else None,
        "JOB_ARCHIVE_SYSTEM": STORAGE if archived else None,
        "JOB_OUTPUT_PATH": shown.get("archivePath"),
        "JOB_LOCAL_ID": shown["localId"],
        "JOB_NODE_COUNT": shown["nodeCount"],
        "JOB_BATCH_QUEUE": shown["batchQueue"],
        "JOB_MAX_RUNTIME": shown["maxRunTime"],
        "JOB_PROCESSORS_PER_NODE": shown["processorsPerNode"],
        "JOB_MEMORY_PER_NODE": shown["memoryPerNode"],
        "JOB_INPUTS": _json(shown["inputs"]),
        "JOB_PARAMETERS": _json(shown["parameters"]),
    }
    texts = {name: "" if value is None else str(value) for name, value in ours.items()}
    return values_of(job, event) | texts


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _text(shown: Object) -> str:
    """Return the text of a mail."""
    told = {
        "Name": shown["name"],
        "Id": shown["id"],
        "App": shown["appId"],
        "System": shown["executionSystem"],
        "Status": shown["status"],
        "Message": shown["message"],
        "Submitted": shown["submitTime"],
        "Started": shown["startTime"],
        "Ended": shown["endTime"],
        "Archive": shown.get("archivePath"),
        "URL": shown["_links"]["self"]["href"],
    }
    return "\n".join(f"{name}: {value}" for name, value in told.items() if value) + "\n"
