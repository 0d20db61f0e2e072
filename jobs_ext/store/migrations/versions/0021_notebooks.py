"""The notebooks that jobs were submitted from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Of jobs there are nobody knows it."""
    op.add_column("job", sa.Column("notebook", sa.Text(), nullable=True))
    there = sa.text("notebook IS NOT NULL")
    op.create_index("job_notebook", "job", ["notebook"], sqlite_where=there)
