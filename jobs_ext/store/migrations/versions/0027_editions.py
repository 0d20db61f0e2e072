"""Editions of jobs that have ended: what was read of one holds as long as its edition does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

# Not IN: of more than two words SQLite makes a table, each time a trigger runs.
_ENDED = "({0}status = 'SUCCEEDED' OR {0}status = 'FAILED' OR {0}status = 'CANCELLED')"
_NEXT = "UPDATE job SET edition = edition + 1 WHERE pk ="
_SHOWN_WITH_IT = ("attempt", "output")
_EVENTS = (("added", "INSERT", "new"), ("changed", "UPDATE", "new"), ("gone", "DELETE", "old"))


def upgrade() -> None:
    """Add the column and the triggers, which see every change, whoever makes it.

    They change nothing while a job waits or runs, nor when it ends: it has its edition already.
    """
    op.add_column("job", sa.Column("edition", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        f"CREATE TRIGGER job_edited AFTER UPDATE ON job WHEN {_ENDED.format('old.')} BEGIN"
        f" {_NEXT} new.pk; END"
    )
    for table in _SHOWN_WITH_IT:
        for name, event, row in _EVENTS:
            op.execute(
                f"CREATE TRIGGER job_edited_by_{table}_{name} AFTER {event} ON {table} BEGIN"
                f" {_NEXT} {row}.job_pk AND {_ENDED.format('')}; END"
            )
