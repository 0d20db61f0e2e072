"""Notifications: in whose words they are told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the column; all were told in our own until now."""
    op.add_column("notification", sa.Column("words", sa.Text(), nullable=True))
