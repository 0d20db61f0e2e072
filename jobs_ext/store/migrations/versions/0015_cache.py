"""Jobs know which others they equal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the column; jobs that are there equal none, as they did not ask for it."""
    op.add_column("job", sa.Column("cache", sa.Text))
    where = sa.text("cache IS NOT NULL")
    op.create_index("job_cache", "job", ["owner", "cache"], sqlite_where=where)
