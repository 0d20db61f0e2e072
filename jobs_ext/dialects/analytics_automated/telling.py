"""The mail at the end of a submission: that it has ended, and where to look for its results."""

from __future__ import annotations

from ...model.job import Job
from ...model.notification import Words
from ...model.tool import Tool
from ...service.macros import values_of
from ...service.telling import Telling


def told(words: Words, job: Job, tool: Tool | None, event: str, delivery: str) -> Telling:
    """Return what is told of the end; `words.root` is the submission's address."""
    return Telling(
        body={"delivery": delivery, "event": event, "submission": words.root},
        values=values_of(job, event),
        headers={},
        subject=f"{job.name}: {words.root.rpartition('/')[2]}",
        text=f"{job.name} has ended. What came of it:\n{words.root}\n",
    )
