"""Notifications by their owner: what one's jobs and batches tell, all together."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Make the index."""
    op.create_index("notification_owner", "notification", ["owner"])
