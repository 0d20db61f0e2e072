# ruff: noqa: S608 - of fixed words alone
"""Trash: what is to be purged, and what may go with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_TO_PURGE = sa.text("purge IS NOT NULL")
# A spec is told from the other contents by what only it has: a target and a base.
_SPECS = (
    " WHERE json_type(content.body, '$.base') = 'text'"
    " AND json_type(content.body, '$.target') = 'object'"
)


def upgrade() -> None:
    """Let jobs and batches be marked, and note what each spec stands on."""
    for table in ("job", "batch"):
        op.add_column(table, sa.Column("purge", sa.Text(), nullable=True))
        op.create_index(f"{table}_purge", table, ["pk"], sqlite_where=_TO_PURGE)
        op.create_index(f"{table}_spec", table, ["spec"])
    op.create_index("needs_needed", "needs", ["needed_pk"])
    op.create_table(
        "uses",
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("used", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["spec"], ["content.hash"]),
        sa.PrimaryKeyConstraint("spec", "used"),
    )
    op.create_index("uses_used", "uses", ["used"])
    for name in ("context", "tool"):
        op.execute(
            f"INSERT OR IGNORE INTO uses SELECT hash, json_extract(body, '$.{name}') FROM content"
            f"{_SPECS} AND json_type(content.body, '$.{name}') = 'text'"
        )
    op.execute(
        "INSERT OR IGNORE INTO uses SELECT content.hash, part.value FROM content,"
        f" json_each(content.body, '$.parts') AS part{_SPECS}"
    )
