"""Short logs are kept in the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table; logs of earlier attempts stay the files they are."""
    op.create_table(
        "log",
        sa.Column("job_pk", sa.Integer, sa.ForeignKey("job.pk"), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("stdout", sa.Text, nullable=False),
        sa.Column("stderr", sa.Text, nullable=False),
    )
