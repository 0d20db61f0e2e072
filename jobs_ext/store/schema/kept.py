"""What is kept beside jobs: projects, their data sets, bytes of owners, records of dialects."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from .base import SHOWN, metadata

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
    Index("dataset_part", "sha256", sqlite_where=SHOWN),
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
