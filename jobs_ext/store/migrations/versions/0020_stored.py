"""Bytes that owners keep, as sums kept by triggers."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

# What an output takes in its job's own folder, the name of which holds the job's id.
_TAKES = "CASE WHEN {0}.archive IS NULL AND instr({0}.path, '/' || job.id) THEN {0}.size ELSE 0 END"
_MORE = "ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes"


def upgrade() -> None:
    """Make the tables, sum up what is there, and keep the sums."""
    op.create_table(
        "owner_bytes",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )
    op.create_table(
        "owner_part",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "sha256"),
    )
    op.create_index("owner_part_hash", "owner_part", ["sha256"])
    _keep_sums()
    _note_parts()
    op.execute(
        f"INSERT INTO owner_bytes SELECT job.owner, sum({_TAKES.format('output')}) FROM output"  # noqa: S608
        f" JOIN job ON job.pk = output.job_pk WHERE true GROUP BY job.owner {_MORE}"
    )


def _keep_sums() -> None:
    """Make the triggers. They see every change, whoever makes it, so that no sum can drift."""
    for name, event, sign, row in (
        ("added", "INSERT", "+", "new"),
        ("removed", "DELETE", "-", "old"),
    ):
        op.execute(
            f"CREATE TRIGGER owner_part_{name} AFTER {event} ON owner_part BEGIN"  # noqa: S608
            f" INSERT INTO owner_bytes VALUES ({row}.owner, {sign}{row}.size) {_MORE}; END"
        )
        op.execute(
            f"CREATE TRIGGER output_{name} AFTER {event} ON output WHEN {row}.size > 0 BEGIN"
            f" {_of_output(f'{sign} {_TAKES.format(row)}', row)} END"
        )
    moved = f"{_TAKES.format('new')} - {_TAKES.format('old')}"
    op.execute(
        "CREATE TRIGGER output_moved AFTER UPDATE OF path, archive, size ON output BEGIN"
        f" {_of_output(moved, 'new')} END"
    )


def _of_output(more: str, row: str) -> str:
    return (
        f"INSERT INTO owner_bytes SELECT job.owner, {more} FROM job"  # noqa: S608
        f" WHERE job.pk = {row}.job_pk {_MORE};"
    )


def _note_parts() -> None:
    """Note who stands on which part; sizes are those of the files."""
    bind = op.get_bind()
    database = next(row[2] for row in bind.exec_driver_sql("PRAGMA database_list"))
    folder = Path(database).parent / "parts"
    sizes = {file.name: file.stat().st_size for file in folder.glob("[!.]*")}
    stands = (
        "SELECT DISTINCT {0}.owner, uses.used FROM {0} JOIN uses ON uses.spec = {0}.spec"
        " WHERE uses.used NOT IN (SELECT hash FROM content)"
    )
    own = "SELECT owner, sha256 FROM dataset WHERE deleted IS NULL"
    query = f"{stands.format('job')} UNION {stands.format('batch')} UNION {own}"
    for owner, one in bind.exec_driver_sql(query).all():
        bind.execute(
            sa.text("INSERT INTO owner_part VALUES (:owner, :one, :size)"),
            {"owner": owner, "one": one, "size": sizes.get(one, 0)},
        )
