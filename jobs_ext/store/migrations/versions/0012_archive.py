"""Archives: where outputs were copied to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table, and the column; nothing was archived before."""
    op.add_column("output", sa.Column("archive", sa.Text(), nullable=True))
    op.create_table(
        "archive",
        sa.Column("job_pk", sa.Integer(), sa.ForeignKey("job.pk"), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job_pk"),
    )
    waiting = sa.text("status = 'waiting'")
    op.create_index("archive_waiting", "archive", ["asked"], sqlite_where=waiting)
