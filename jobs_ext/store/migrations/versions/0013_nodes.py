"""Nodes, the jobs they have, and lines of jobs that wait for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_FACTS = ("owner", "queue", "priority", "cpu", "memory", "gpu")
_LIMITS = ("tool", "tool_max", "batch_pk", "batch_max")


def upgrade() -> None:
    """Make the table; all jobs there are were submitted for this machine."""
    op.create_table(
        "node",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("cpu", sa.Float(), nullable=True),
        sa.Column("memory", sa.Integer(), nullable=True),
        sa.Column("gpus", sa.Integer(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("beats", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("pk"),
        sqlite_autoincrement=True,
    )
    op.create_index("node_owner", "node", ["owner", "pk"])
    for name, default in (("executor", "local"), ("tags", "[]")):
        op.add_column("line", sa.Column(name, sa.Text(), server_default=default, nullable=False))
    op.drop_index("line_facts", "line")
    facts = [*_FACTS, *_LIMITS, "executor", "tags"]
    op.create_index("line_facts", "line", facts, unique=True)
    op.add_column("attempt", sa.Column("node", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("node", sa.Text(), nullable=True))
    op.create_index("job_node", "job", ["node"], sqlite_where=sa.text("node IS NOT NULL"))
