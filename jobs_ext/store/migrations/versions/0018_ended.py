"""An index of what ended outside of batches: retention looks for the oldest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the index."""
    alone = sa.text("stopped IS NOT NULL AND deleted IS NULL AND batch_pk IS NULL")
    op.create_index("job_ended", "job", ["status", "stopped"], sqlite_where=alone)
