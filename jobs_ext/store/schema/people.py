"""Who may do what: keys, nodes, grants."""

from __future__ import annotations

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
)

from .base import metadata

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
