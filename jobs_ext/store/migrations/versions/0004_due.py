"""An index of the few jobs that wait for the end of a back-off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "job_due", "job", ["not_before"], sqlite_where=sa.text("not_before IS NOT NULL")
    )
