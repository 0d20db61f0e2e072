# ruff: noqa: S608 - of fixed words alone
"""Counts that are kept, and indexes by which a million jobs are listed as quickly as a thousand."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_STATUSES = (
    "SUBMITTED",
    "PENDING",
    "RUNNABLE",
    "STARTING",
    "RUNNING",
    "SUCCEEDED",
    "FAILED",
    "CANCELLED",
)
_SHOWN = "deleted IS NULL"
_NEW_INDEXES = (
    ("job_batch", ["batch_pk", "status", "batch_index"], "batch_pk IS NOT NULL"),
    ("job_batch_order", ["batch_pk"], "batch_pk IS NOT NULL"),
    ("job_owner", ["owner", "pk"], _SHOWN),
    ("job_shown", ["pk"], _SHOWN),
    ("job_deleted", ["pk"], "deleted IS NOT NULL"),
    ("job_tool", ["tool_name"], "tool_name IS NOT NULL"),
    ("job_version", ["tool"], "tool IS NOT NULL"),
    ("job_project", ["project"], "project IS NOT NULL"),
)
# What a job counts under, before and after a change, as 1 or 0.
_OF_OWNER = "({0}.deleted IS NULL AND {0}.status = '{1}')"
_OF_BATCH = "({0}.latest AND {0}.status = '{1}')"

_log = logging.getLogger("jobs_ext")


def upgrade() -> None:
    """Replace the indexes, count what is there, and keep counting."""
    jobs = op.get_bind().execute(sa.text("SELECT max(pk) FROM job")).scalar() or 0
    if jobs:
        _log.info("jobs_ext brings a store of %s jobs up to date.", f"{jobs:,}")
    for name in ("job_batch", "job_owner", "job_tool"):
        op.drop_index(name, "job")
    for step, (name, columns, where) in enumerate(_NEW_INDEXES, 1):
        op.create_index(name, "job", columns, sqlite_where=sa.text(where))
        if jobs:
            _log.info("jobs_ext: index %s of %s is made.", step, len(_NEW_INDEXES))
    op.drop_index("batch_owner", "batch")
    op.create_index("batch_owner", "batch", ["owner", "pk"], sqlite_where=sa.text(_SHOWN))
    op.create_index("batch_shown", "batch", ["pk"], sqlite_where=sa.text(_SHOWN))
    _make_tally("owner_tally", sa.Column("owner", sa.Text(), nullable=False))
    _make_tally("batch_tally", sa.Column("batch_pk", sa.Integer(), nullable=False))
    _count()
    _keep_counting()


def _make_tally(name: str, key: sa.Column[str] | sa.Column[int]) -> None:
    numbers = [sa.Column(s, sa.Integer(), server_default="0", nullable=False) for s in _STATUSES]
    op.create_table(name, key, *numbers, sa.PrimaryKeyConstraint(key.name))


def _count() -> None:
    sums = ", ".join(f"sum(status = '{status}')" for status in _STATUSES)
    op.execute(
        f"INSERT INTO owner_tally SELECT owner, {sums} FROM job WHERE {_SHOWN} GROUP BY owner"
    )
    op.execute(
        f"INSERT INTO batch_tally SELECT batch_pk, {sums} FROM job"
        " WHERE batch_pk IS NOT NULL AND latest GROUP BY batch_pk"
    )


def _keep_counting() -> None:
    """Make the triggers. They see every change, whoever makes it, so that no count can drift."""
    tallies = (
        ("owner", "owner", _OF_OWNER, "deleted", "(old.deleted IS NULL) <> (new.deleted IS NULL)"),
        ("batch", "batch_pk", _OF_BATCH, "latest", "old.latest <> new.latest"),
    )
    for kind, key, counts, flag, flag_changed in tallies:
        table = f"{kind}_tally"
        added, moved = _sums(counts, "new", None), _sums(counts, "new", "old")
        op.execute(
            f"CREATE TRIGGER job_added_to_{kind} AFTER INSERT ON job"
            f" WHEN new.{key} IS NOT NULL BEGIN"
            f" INSERT OR IGNORE INTO {table} ({key}) VALUES (new.{key});"
            f" UPDATE {table} SET {added} WHERE {key} = new.{key}; END"
        )
        op.execute(
            f"CREATE TRIGGER job_moved_in_{kind} AFTER UPDATE OF status, {flag} ON job"
            f" WHEN new.{key} IS NOT NULL AND (old.status <> new.status OR {flag_changed}) BEGIN"
            f" UPDATE {table} SET {moved} WHERE {key} = new.{key}; END"
        )
        op.execute(
            f"CREATE TRIGGER job_gone_from_{kind} AFTER DELETE ON job"
            f" WHEN old.{key} IS NOT NULL BEGIN"
            f" UPDATE {table} SET {_sums(counts, None, 'old')} WHERE {key} = old.{key}; END"
        )


def _sums(counts: str, plus: str | None, minus: str | None) -> str:
    """Return ``STATUS = STATUS + … - …`` for each status."""
    more = f" + {counts}" if plus else ""
    more += f" - {counts.replace('{0}', '{2}')}" if minus else ""
    return ", ".join(f"{s} = {s}{more.format(plus, s, minus)}" for s in _STATUSES)
