"""Names of outputs that are not UTF-8, as the bytes they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the column."""
    op.add_column("output", sa.Column("raw", sa.Text(), nullable=True))
