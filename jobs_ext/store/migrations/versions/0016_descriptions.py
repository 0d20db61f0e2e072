"""What people say of jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Jobs there are have none."""
    op.add_column("job", sa.Column("description", sa.Text(), nullable=True))
