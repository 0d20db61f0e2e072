"""API keys, and what others may do with a job."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables; without a grant, jobs are their owner's alone as before."""
    op.create_table(
        "key",
        sa.Column("pk", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("prefix", sa.Text, nullable=False, unique=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("verbs", sa.Text, nullable=False),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("expires", sa.Text),
        sa.Column("last_used", sa.Text),
        sa.Column("revoked", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("key_owner", "key", ["owner", "pk"])
    op.create_table(
        "job_grant",
        sa.Column("job_pk", sa.Integer, sa.ForeignKey("job.pk", ondelete="CASCADE")),
        sa.Column("grantee", sa.Text, nullable=False),
        sa.Column("write", sa.Boolean, nullable=False),
        sa.Column("execute", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("job_pk", "grantee"),
    )
    op.create_index("job_grant_to", "job_grant", ["grantee", "job_pk"])
