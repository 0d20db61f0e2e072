"""The last lines of a failed attempt's log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; attempts that failed before have none."""
    op.add_column("attempt", sa.Column("log_tail", sa.Text(), nullable=True))
