"""Lines of jobs that are alike, turns of owners, GPUs of attempts, waiting for any end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_FACTS = ("owner", "queue", "priority", "cpu", "memory", "gpu")
_LIMITS = ("tool", "tool_max", "batch_pk", "batch_max")

#: What the jobs of the version before were told apart by; they had neither queues nor GPUs.
_JOIN = """
    UPDATE {0} SET line = (
        SELECT line.pk FROM line
        WHERE line.owner = {0}.owner AND line.queue = 'default' AND line.priority = {0}.priority
        AND line.cpu = {0}.cpu AND line.memory = coalesce({0}.memory, 0) AND line.gpu = 0
        AND line.tool = coalesce({0}.tool, '') AND line.tool_max = 0
        AND line.batch_max = CASE WHEN {0}.{1} IS NULL THEN 0 ELSE coalesce({0}.max_running, 0) END
        AND line.batch_pk = CASE WHEN {0}.max_running IS NULL THEN 0 ELSE coalesce({0}.{1}, 0) END
    ) WHERE {2}
"""
_MAKE = """
    INSERT INTO line (owner, queue, priority, cpu, memory, gpu, tool, tool_max, batch_pk, batch_max)
    SELECT DISTINCT owner, 'default', priority, cpu, coalesce(memory, 0), 0, coalesce(tool, ''), 0,
        CASE WHEN max_running IS NULL THEN 0 ELSE coalesce({1}, 0) END,
        CASE WHEN {1} IS NULL THEN 0 ELSE coalesce(max_running, 0) END
    FROM {0} WHERE {2}
    ON CONFLICT DO NOTHING
"""
_MAY_RUN = (
    ("job", "batch_pk", "status NOT IN ('SUCCEEDED', 'CANCELLED')"),
    ("batch", "pk", "made < n_jobs"),
)


def upgrade() -> None:
    """Let everything that may run (a FAILED job by `reset`) stand in its line."""
    _make_tables()
    for table in _MAY_RUN:
        op.execute(f"ALTER TABLE {table[0]} ADD COLUMN line INTEGER REFERENCES line (pk)")
        op.execute(_MAKE.format(*table))
        op.execute(_JOIN.format(*table))
    op.add_column("attempt", sa.Column("gpus", sa.Text(), nullable=True))
    op.add_column("needs", sa.Column("ended", sa.Boolean(), server_default="0", nullable=False))
    op.drop_index("job_queue", "job")
    op.create_index("job_line", "job", ["line", "pk"], sqlite_where=sa.text("status = 'RUNNABLE'"))


def _make_tables() -> None:
    op.create_table(
        "line",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("cpu", sa.Float(), nullable=False),
        sa.Column("memory", sa.Integer(), nullable=False),
        sa.Column("gpu", sa.Integer(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("tool_max", sa.Integer(), nullable=False),
        sa.Column("batch_pk", sa.Integer(), nullable=False),
        sa.Column("batch_max", sa.Integer(), nullable=False),
        sa.Column("passed_pk", sa.Integer(), nullable=True),
        sa.Column("passed_since", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("pk"),
    )
    op.create_index("line_facts", "line", [*_FACTS, *_LIMITS], unique=True)
    op.create_table(
        "turn",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )
