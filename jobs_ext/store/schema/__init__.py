"""The tables. Migrations make them; a test holds both together.

Texts named like JSON hold JSON. `content` keeps, once per content, what many jobs share: the
captured environment, the tool as it was at submit, and the rest of the request (`spec`).
"""

from .base import metadata
from .jobs import (
    archive,
    attempt,
    batch,
    batch_tally,
    content,
    entries,
    job,
    line,
    log,
    needs,
    output,
    owner_tally,
    turn,
    uses,
)
from .kept import (
    dataset,
    document,
    document_job,
    owner_bytes,
    owner_part,
    project,
    project_member,
)
from .people import (
    job_grant,
    key,
    node,
    tool_grant,
)
from .telling import (
    delivery,
    event,
    notification,
    subscriber,
)

__all__ = [
    "HEAD",
    "archive",
    "attempt",
    "batch",
    "batch_tally",
    "content",
    "dataset",
    "delivery",
    "document",
    "document_job",
    "entries",
    "event",
    "job",
    "job_grant",
    "key",
    "line",
    "log",
    "metadata",
    "needs",
    "node",
    "notification",
    "output",
    "owner_bytes",
    "owner_part",
    "owner_tally",
    "project",
    "project_member",
    "subscriber",
    "tool_grant",
    "turn",
    "uses",
]

#: The revision of the database that this code reads and writes: the newest migration.
HEAD = "0027"
