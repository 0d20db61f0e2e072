"""Jobs and what belongs to them: the lines they stand in, batches, attempts, outputs, logs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ...model.status import Status
from .base import SHOWN, metadata

_IN_BATCH = text("batch_pk IS NOT NULL")
_TO_PURGE = text("purge IS NOT NULL")
_ENDED_ALONE = text("stopped IS NOT NULL AND deleted IS NULL AND batch_pk IS NULL")

#: Jobs that are alike to whoever chooses the next one stand in one line, in the order of age.
#: What a line does not have (memory, a tool, a batch that limits its jobs) is 0 or "".
line = Table(
    "line",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("cpu", Float, nullable=False),
    Column("memory", Integer, nullable=False),
    Column("gpu", Integer, nullable=False),
    Column("tool", Text, nullable=False),
    Column("tool_max", Integer, nullable=False),
    Column("batch_pk", Integer, nullable=False),
    Column("batch_max", Integer, nullable=False),
    Column("executor", Text, nullable=False, server_default="local"),
    Column("tags", Text, nullable=False, server_default="[]"),  # of the node it needs, as JSON
    # the first of the line, if others were started though it was their elder, and since when
    Column("passed_pk", Integer),
    Column("passed_since", Float),
    Index(
        "line_facts",
        *("owner", "queue", "priority", "cpu", "memory", "gpu"),
        *("tool", "tool_max", "batch_pk", "batch_max", "executor", "tags"),
        unique=True,
    ),
)

#: Whose turn was last: the larger the number, the later.
turn = Table(
    "turn",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

content = Table(
    "content",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

#: What a spec stands on: contents (its context, its tool) and uploaded parts, each by hash.
uses = Table(
    "uses",
    metadata,
    Column("spec", Text, ForeignKey("content.hash"), primary_key=True),
    Column("used", Text, primary_key=True),
    Index("uses_used", "used"),
)

batch = Table(
    "batch",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target_name", Text, nullable=False),
    Column("tool", Text),
    Column("tool_name", Text),
    Column("owner", Text, nullable=False),
    Column("project", Text),
    Column("created", Text, nullable=False),
    Column("deleted", Text),
    Column("cancel_requested", Text),
    Column("n_jobs", Integer, nullable=False),
    Column("made", Integer, nullable=False, server_default="0"),
    Column("parameters", Text, nullable=False),
    Column("fixed", Text, nullable=False),
    Column("spec", Text, ForeignKey("content.hash"), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("cpu", Float, nullable=False),
    Column("memory", Integer),
    Column("timeout", Float),
    Column("max_running", Integer),
    Column("held", Boolean, nullable=False),
    Column("key", Text),
    Column("request_hash", Text),
    Column("line", Integer, ForeignKey("line.pk")),
    Column("purge", Text),  # when somebody asked for its end in the trash
    Index("batch_purge", "pk", sqlite_where=_TO_PURGE),
    Index("batch_spec", "spec"),
    Index("batch_owner", "owner", "pk", sqlite_where=SHOWN),
    Index("batch_shown", "pk", sqlite_where=SHOWN),
    Index("batch_unmade", "pk", sqlite_where=text("made < n_jobs")),
    Index("batch_key", "owner", "key", unique=True, sqlite_where=text("key IS NOT NULL")),
    sqlite_autoincrement=True,
)

#: The argument sets of a batch as JSON Lines, in pieces, so that making jobs reads only its piece.
entries = Table(
    "entries",
    metadata,
    Column("batch_pk", Integer, ForeignKey("batch.pk"), primary_key=True),
    Column("first", Integer, primary_key=True),
    Column("lines", Text, nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target_name", Text, nullable=False),
    Column("tool", Text),
    Column("tool_name", Text),
    Column("owner", Text, nullable=False),
    Column("project", Text),
    Column("batch_pk", Integer, ForeignKey("batch.pk")),
    Column("batch", Text),
    Column("batch_index", Integer),
    Column("latest", Boolean, nullable=False, server_default="1"),
    Column("status", Text, nullable=False),
    Column("stage", Text),
    Column("reason_code", Text),
    Column("reason", Text),
    Column("progress", Text),
    Column("created", Text, nullable=False),
    Column("started", Text),
    Column("stopped", Text),
    Column("deleted", Text),
    Column("cancel_requested", Text),
    Column("arguments", Text, nullable=False),
    Column("spec", Text, ForeignKey("content.hash"), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("cpu", Float, nullable=False),
    Column("memory", Integer),
    Column("timeout", Float),
    Column("max_running", Integer),
    Column("held", Boolean, nullable=False),
    Column("not_before", Float),
    Column("key", Text),
    Column("request_hash", Text),
    Column("line", Integer, ForeignKey("line.pk")),
    Column("purge", Text),  # when somebody asked for its end in the trash
    Column("node", Text),  # id of the node that has it, or had it when it ended
    Column("description", Text),  # what people say of it
    Index("job_node", "node", sqlite_where=text("node IS NOT NULL")),
    Column("notebook", Text),  # that it was submitted from
    Index("job_notebook", "notebook", sqlite_where=text("notebook IS NOT NULL")),
    Column("cache", Text),  # what it has in common with jobs that equal it
    # moved by triggers whenever something that is shown of a job changes after its end
    Column("edition", Integer, nullable=False, server_default="0"),
    Index("job_purge", "pk", sqlite_where=_TO_PURGE),
    Index("job_spec", "spec"),
    Index("job_shown", "pk", sqlite_where=SHOWN),
    Index("job_deleted", "pk", sqlite_where=text("deleted IS NOT NULL")),
    Index("job_owner", "owner", "pk", sqlite_where=SHOWN),
    Index("job_status", "status", "pk"),
    Index("job_name", "name"),
    Index("job_tool", "tool_name", sqlite_where=text("tool_name IS NOT NULL")),
    Index("job_version", "tool", sqlite_where=text("tool IS NOT NULL")),
    Index("job_project", "project", sqlite_where=text("project IS NOT NULL")),
    Index("job_batch", "batch_pk", "status", "batch_index", sqlite_where=_IN_BATCH),
    Index("job_batch_order", "batch_pk", sqlite_where=_IN_BATCH),
    Index("job_ended", "status", "stopped", sqlite_where=_ENDED_ALONE),
    Index("job_line", "line", "pk", sqlite_where=text("status = 'RUNNABLE'")),
    Index("job_due", "not_before", sqlite_where=text("not_before IS NOT NULL")),
    Index("job_cache", "owner", "cache", sqlite_where=text("cache IS NOT NULL")),
    Index("job_key", "owner", "key", unique=True, sqlite_where=text("key IS NOT NULL")),
    sqlite_autoincrement=True,
)


def _tally(name: str, key: Column[Any]) -> Table:
    """Return a table that counts jobs by status; triggers on `job` keep it, in its transactions."""
    numbers = [Column(s, Integer, nullable=False, server_default="0") for s in Status]
    return Table(name, metadata, key, *numbers)


owner_tally = _tally("owner_tally", Column("owner", Text, primary_key=True))  # not deleted
batch_tally = _tally("batch_tally", Column("batch_pk", Integer, primary_key=True))  # the latest

needs = Table(
    "needs",
    metadata,
    Column("job_pk", Integer, ForeignKey("job.pk"), primary_key=True),
    Column("needed_pk", Integer, ForeignKey("job.pk"), primary_key=True),
    # whether it is enough that the needed job ended, whichever way
    Column("ended", Boolean, nullable=False, server_default="0"),
    Index("needs_needed", "needed_pk"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("job_pk", Integer, ForeignKey("job.pk"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("status", Text, nullable=False),
    Column("claimed", Text, nullable=False),
    Column("start", Text),
    Column("stop", Text),
    Column("exit_code", Integer),
    Column("signal", Integer),
    Column("peak_memory", Integer),
    Column("cpu_seconds", Float),
    Column("duration", Float),
    Column("reason_code", Text),
    Column("reason", Text),
    Column("log_tail", Text),
    Column("pid", Integer),
    Column("process_start", Float),
    Column("monotonic", Float),
    Column("boot_id", Text),
    Column("host", Text),
    Column("gpus", Text),
    Column("node", Text),  # id of the node that made it
)

output = Table(
    "output",
    metadata,
    Column("pk", Integer, primary_key=True),  # known outside (UFDL): never used again
    Column("job_pk", Integer, ForeignKey("job.pk"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text),
    Column("main", Boolean, nullable=False),
    Column("archive", Text),  # of one that was archived: the root that its path lies below
    Column("raw", Text),  # of a name that is not UTF-8: its bytes, percent-encoded
    UniqueConstraint("job_pk", "attempt", "name"),
    sqlite_autoincrement=True,
)

#: Where the outputs of jobs are copied to: the latest wish for each.
archive = Table(
    "archive",
    metadata,
    Column("job_pk", Integer, ForeignKey("job.pk"), primary_key=True),
    Column("root", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("reason", Text),
    Index("archive_waiting", "asked", sqlite_where=text("status = 'waiting'")),
)

#: Short logs of attempts that left nothing else; all others are files.
log = Table(
    "log",
    metadata,
    Column("job_pk", Integer, ForeignKey("job.pk"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("stdout", Text, nullable=False),
    Column("stderr", Text, nullable=False),
)
