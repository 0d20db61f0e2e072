"""The tables. Migrations make them; a test holds both together.

Texts named like JSON hold JSON. `content` keeps, once per content, what many jobs share: the
captured environment, the tool as it was at submit, and the rest of the request (`spec`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ..model.status import Status

#: The revision of the database that this code reads and writes: the newest migration.
HEAD = "0026"

_SHOWN = text("deleted IS NULL")
_IN_BATCH = text("batch_pk IS NOT NULL")
_TO_PURGE = text("purge IS NOT NULL")
_ENDED_ALONE = text("stopped IS NOT NULL AND deleted IS NULL AND batch_pk IS NULL")

metadata = MetaData()

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
    Index("batch_owner", "owner", "pk", sqlite_where=_SHOWN),
    Index("batch_shown", "pk", sqlite_where=_SHOWN),
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
    Index("job_purge", "pk", sqlite_where=_TO_PURGE),
    Index("job_spec", "spec"),
    Index("job_shown", "pk", sqlite_where=_SHOWN),
    Index("job_deleted", "pk", sqlite_where=text("deleted IS NOT NULL")),
    Index("job_owner", "owner", "pk", sqlite_where=_SHOWN),
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

#: What happened, in order: history, WebSocket, notifications and counters all read this.
event = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("time", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("job", Text),
    Column("batch", Text),
    Column("data", Text, nullable=False),
    Index("event_job", "job", "seq"),
    sqlite_autoincrement=True,
)

#: API keys. Of a key itself only the SHA-256 is kept (`digest`); `verbs` has spaces between.
key = Table(
    "key",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("prefix", Text, nullable=False, unique=True),
    Column("digest", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("verbs", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("expires", Text),
    Column("last_used", Text),
    Column("revoked", Text),
    Index("key_owner", "owner", "pk"),
    sqlite_autoincrement=True,
)

#: Workers outside. `beats` grows with each sign of life: leases go by it, never by a clock.
node = Table(
    "node",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("cpu", Float),
    Column("memory", Integer),
    Column("gpus", Integer, nullable=False),
    Column("tags", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("seen", Text, nullable=False),
    Column("beats", Integer, nullable=False, server_default="0"),
    Index("node_owner", "owner", "pk"),
    UniqueConstraint("owner", "name"),
    sqlite_autoincrement=True,
)

#: Who else may do something with a job; a grant always lets read.
job_grant = Table(
    "job_grant",
    metadata,
    Column("job_pk", Integer, ForeignKey("job.pk", ondelete="CASCADE"), primary_key=True),
    Column("grantee", Text, primary_key=True),
    Column("write", Boolean, nullable=False),
    Column("execute", Boolean, nullable=False),
    Index("job_grant_to", "grantee", "job_pk"),
)

#: Who may do something with a restricted tool, by its name; a grant always lets read.
tool_grant = Table(
    "tool_grant",
    metadata,
    Column("tool", Text, primary_key=True),
    Column("grantee", Text, primary_key=True),
    Column("write", Boolean, nullable=False),
    Column("execute", Boolean, nullable=False),
    Index("tool_grant_to", "grantee"),
)

#: Whom a job or a batch tells of what happens to it, after the event numbered `since`.
notification = Table(
    "notification",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("job", Text),
    Column("batch", Text),
    Column("url", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("headers", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("persistent", Boolean, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("preset", Boolean, nullable=False),
    Column("created", Text, nullable=False),
    Column("since", Integer, nullable=False),
    Column("closed", Boolean, nullable=False, server_default="0"),
    Column("words", Text),
    Column("together", Text),  # JSON, ids of jobs: told once, when all of them have ended
    Index("notification_job", "job", sqlite_where=text("job IS NOT NULL")),
    Index("notification_batch", "batch", sqlite_where=text("batch IS NOT NULL")),
    Index("notification_owner", "owner"),
)

#: What is to be told or was: each event once (`seq` is its number; 0 of the end of a batch).
delivery = Table(
    "delivery",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("notification_pk", Integer, ForeignKey("notification.pk"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("time", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due", Float, nullable=False),
    Column("created", Text, nullable=False),
    Column("done", Text),
    Column("error", Text),
    Index("delivery_once", "notification_pk", "seq", unique=True),
    Index("delivery_due", "due", sqlite_where=text("status = 'due'")),
)

#: What jobs name in their `project`, where somebody made it one; the name of a deleted one stays.
project = Table(
    "project",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created", Text, nullable=False),
    Column("updated", Text, nullable=False),
    Column("deleted", Text),
    Index("project_owner", "owner"),
)

project_member = Table(
    "project_member",
    metadata,
    Column("project", Text, ForeignKey("project.name"), primary_key=True),
    Column("user", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Index("project_member_user", "user", "project"),
)

#: Versions of the data sets of projects; their files are parts. A deleted one keeps its number.
dataset = Table(
    "dataset",
    metadata,
    Column("project", Text, ForeignKey("project.name"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("deleted", Text),
    Index("dataset_part", "sha256", sqlite_where=_SHOWN),
)

#: The uploaded files and data sets that jobs and data sets of an owner stand on, bytes each.
owner_part = Table(
    "owner_part",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Index("owner_part_hash", "sha256"),
)

#: The sum of that and of the outputs in the jobs' own folders; triggers keep it.
owner_bytes = Table(
    "owner_bytes",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("bytes", Integer, nullable=False),
)

#: The dialects' own records; what is in their bodies, they alone know.
document = Table(
    "document",
    metadata,
    Column("dialect", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created", Text, nullable=False),
    Column("updated", Text, nullable=False),
    Column("body", Text, nullable=False),
)

#: Which jobs a document is of: it goes with the last of them.
document_job = Table(
    "document_job",
    metadata,
    Column("dialect", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("job_pk", Integer, ForeignKey("job.pk"), primary_key=True),
    Index("document_job_of", "job_pk"),
)

#: How far each reader of the events has come.
subscriber = Table(
    "subscriber",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
)
