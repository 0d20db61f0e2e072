"""Rows of archives: where the outputs of jobs are to be copied to, and were."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from ..model.archive import Archive
from .schema import archive, job, output

ArchiveRow = Row[Any]


def put(tx: Connection, row: dict[str, Any]) -> None:
    """Insert a wish, in the place of an earlier one of the same job."""
    wish = upsert(archive).values({"reason": None} | row)
    changes = {c.name: wish.excluded[c.name] for c in archive.c if c.name != "job_pk"}
    tx.execute(wish.on_conflict_do_update(index_elements=["job_pk"], set_=changes))


def of_job(connection: Connection, job_pk: int) -> Archive | None:
    """Return the latest wish of a job, None if there was none."""
    row = connection.execute(select(archive).where(archive.c.job_pk == job_pk)).one_or_none()
    return None if row is None else Archive(row.folder, row.status, row.asked, row.reason)


def next_waiting(connection: Connection) -> ArchiveRow | None:
    """Return the wish that waits longest, with the job's id and owner."""
    query = select(archive, job.c.id, job.c.owner).join(job, job.c.pk == archive.c.job_pk)
    query = query.where(archive.c.status == "waiting").order_by(archive.c.asked).limit(1)
    return connection.execute(query).one_or_none()


def end(tx: Connection, wish: ArchiveRow, status: str, reason: str | None) -> bool:
    """Say what became of a wish; False when it is no longer the job's latest."""
    same = (archive.c.job_pk == wish.job_pk, archive.c.asked == wish.asked)
    done = update(archive).where(*same).values(status=status, reason=reason)
    return tx.execute(done).rowcount > 0


def move_output(tx: Connection, job_pk: int, old: str, new: str, root: str) -> None:
    """Let what lay at the path `old` be served from `new`, below `root`."""
    where = (output.c.job_pk == job_pk, output.c.path == old)
    tx.execute(update(output).where(*where).values(path=new, archive=root))
