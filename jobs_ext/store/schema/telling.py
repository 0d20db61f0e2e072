"""What happened, and who is told of it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, text

from .base import metadata

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

#: How far each reader of the events has come.
subscriber = Table(
    "subscriber",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
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
