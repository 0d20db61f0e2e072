"""The tables. Migrations make them; a test holds both together.

Texts named like JSON hold JSON. `content` keeps, once per content, what many jobs share: the
captured environment, the tool as it was at submit, and the rest of the request (`spec`).
"""

from __future__ import annotations

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
    text,
)

#: The revision of the database that this code reads and writes: the newest migration.
HEAD = "0001"

metadata = MetaData()

content = Table(
    "content",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("body", Text, nullable=False),
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
    Index("batch_owner", "owner", "pk"),
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
    Index("job_owner", "owner", "pk"),
    Index("job_status", "status", "pk"),
    Index("job_name", "name"),
    Index("job_tool", "tool_name", "tool"),
    Index("job_batch", "batch_pk", "latest", "batch_index", "status"),
    Index("job_queue", text("priority DESC"), "pk", sqlite_where=text("status = 'RUNNABLE'")),
    Index("job_key", "owner", "key", unique=True, sqlite_where=text("key IS NOT NULL")),
    sqlite_autoincrement=True,
)

needs = Table(
    "needs",
    metadata,
    Column("job_pk", Integer, ForeignKey("job.pk"), primary_key=True),
    Column("needed_pk", Integer, ForeignKey("job.pk"), primary_key=True),
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
    Column("pid", Integer),
    Column("process_start", Float),
    Column("monotonic", Float),
    Column("boot_id", Text),
    Column("host", Text),
)

output = Table(
    "output",
    metadata,
    Column("job_pk", Integer, ForeignKey("job.pk"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("path", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text),
    Column("main", Boolean, nullable=False),
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
