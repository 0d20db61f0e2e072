"""Numbers of outputs that are never used again; names of nodes that are their owner's alone."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0023"
down_revision = "0022"

_OUTPUT = """
CREATE TABLE new_output (
    pk INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    job_pk INTEGER NOT NULL REFERENCES job (pk),
    attempt INTEGER NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT,
    main BOOLEAN NOT NULL,
    archive TEXT,
    raw TEXT,
    UNIQUE (job_pk, attempt, name)
)
"""
_NODE = """
CREATE TABLE new_node (
    pk INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    cpu FLOAT,
    memory INTEGER,
    gpus INTEGER NOT NULL,
    tags TEXT NOT NULL,
    about TEXT NOT NULL,
    created TEXT NOT NULL,
    seen TEXT NOT NULL,
    beats INTEGER NOT NULL DEFAULT '0',
    UNIQUE (owner, name)
)
"""
_OF_OUTPUT = "job_pk, attempt, name, path, media_type, size, sha256, main, archive, raw"
_OF_NODE = "id, name, owner, cpu, memory, gpus, tags, about, created, seen, beats"


def upgrade() -> None:
    """Make both tables anew; outputs keep the numbers by which they were known so far."""
    _renew("output", _OUTPUT, f"rowid, {_OF_OUTPUT}", f"pk, {_OF_OUTPUT}")
    _renew("node", _NODE, f"pk, {_OF_NODE}", f"pk, {_OF_NODE}")
    op.create_index("node_owner", "node", ["owner", "pk"])


def _renew(table: str, statement: str, old: str, new: str) -> None:
    """Put a table of another form in the place of one, with its rows, its triggers and counter."""
    connection = op.get_bind()
    kept = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
    triggers = [row.sql for row in connection.execute(kept, {"name": table})]
    last = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    highest = connection.execute(last, {"name": table}).scalar() or 0
    op.execute(statement)
    op.execute(f"INSERT INTO new_{table} ({new}) SELECT {old} FROM {table}")  # noqa: S608
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE new_{table} RENAME TO {table}")
    raised = text("UPDATE sqlite_sequence SET seq = max(seq, :seq) WHERE name = :name")
    connection.execute(raised, {"seq": highest, "name": table})
    for trigger in triggers:
        op.execute(trigger)
