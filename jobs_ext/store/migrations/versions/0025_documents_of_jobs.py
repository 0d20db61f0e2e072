"""Documents that go with the jobs that they are of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Make the table of which jobs documents are of."""
    op.create_table(
        "document_job",
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("job_pk", sa.Integer(), sa.ForeignKey("job.pk"), nullable=False),
        sa.PrimaryKeyConstraint("dialect", "kind", "key", "job_pk"),
    )
    op.create_index("document_job_of", "document_job", ["job_pk"])
