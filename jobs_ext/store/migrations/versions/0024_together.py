"""Notifications of several jobs that tell once, when all of them have ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the column."""
    op.add_column("notification", sa.Column("together", sa.Text(), nullable=True))
