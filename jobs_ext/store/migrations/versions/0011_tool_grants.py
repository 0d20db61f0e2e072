"""Who may see, submit and share a restricted tool."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table; tools that do not say that they are restricted are for everybody."""
    op.create_table(
        "tool_grant",
        sa.Column("tool", sa.Text),
        sa.Column("grantee", sa.Text),
        sa.Column("write", sa.Boolean, nullable=False),
        sa.Column("execute", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("tool", "grantee"),
    )
    op.create_index("tool_grant_to", "tool_grant", ["grantee"])
