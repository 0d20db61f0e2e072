"""Whom to tell of jobs, what became of it, and how far the events have been looked through."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables; of what happened before, nobody is told."""
    op.create_table(
        "notification",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=True),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("persistent", sa.Boolean(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("preset", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("pk"),
    )
    for name in ("job", "batch"):
        shown = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"notification_{name}", "notification", [name], sqlite_where=shown)
    op.create_table(
        "delivery",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        sa.Column("notification_pk", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("time", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.Column("done", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["notification_pk"], ["notification.pk"]),
        sa.PrimaryKeyConstraint("pk"),
    )
    op.create_index("delivery_once", "delivery", ["notification_pk", "seq"], unique=True)
    op.create_index("delivery_due", "delivery", ["due"], sqlite_where=sa.text("status = 'due'"))
    op.create_table(
        "subscriber",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.execute(
        "INSERT INTO subscriber (name, seq) "
        "SELECT 'notifications', seq FROM sqlite_sequence WHERE name = 'event'"
    )
