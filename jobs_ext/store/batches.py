"""Rows of batches and their argument sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from ..model.events import EventType
from ..model.filters import Filter
from ..model.job import Batch, TargetInfo
from ..model.status import ACTIVE, Status
from . import cursors, tallies
from .conditions import BATCH_SQL, Conditions
from .contents import Spec
from .listing import STEP
from .schema import batch, entries, event, job

BatchRow = Row[Any]
PIECE = 500  # argument sets kept together


def make(tx: Connection, row: dict[str, Any], lines: Sequence[bytes]) -> None:
    """Insert a batch and its argument sets, each one line of JSON."""
    tx.execute(insert(batch), row)
    pieces = [
        {
            "batch_pk": row["pk"],
            "first": first,
            "lines": b"\n".join(lines[first : first + PIECE]).decode(),
        }
        for first in range(0, len(lines), PIECE)
    ]
    tx.execute(insert(entries), pieces)


def by_id(connection: Connection, batch_id: str, owner: str | None) -> BatchRow | None:
    """Return the row of a batch, of one owner or of anybody."""
    query = select(batch).where(batch.c.id == batch_id)
    if owner is not None:
        query = query.where(batch.c.owner == owner)
    return connection.execute(query).one_or_none()


def by_key(connection: Connection, owner: str, key: str) -> BatchRow | None:
    """Return the batch that was submitted with this idempotency key."""
    query = select(batch).where(batch.c.owner == owner, batch.c.key == key)
    return connection.execute(query).one_or_none()


def page(
    connection: Connection,
    owner: str | None,
    limit: int,
    cursor: str | None,
    where: Filter | None = None,
) -> tuple[list[BatchRow], str | None]:
    """Return one page of batches, newest first, and the cursor of the next.

    With a filter, at most `STEP` batches are looked at.
    """
    query = select(batch).where(batch.c.deleted.is_(None)).order_by(batch.c.pk.desc())
    if owner is not None:
        query = query.where(batch.c.owner == owner)
    if cursor is not None:
        query = query.where(batch.c.pk < cursors.decode(cursor, "batches"))
    end = None
    if where is not None:
        last = query.with_only_columns(batch.c.pk).offset(STEP - 1).limit(1)
        end = connection.execute(last).scalar()
        found = Conditions(BATCH_SQL)
        query = query.where(text(found.of(where)).bindparams(**found.values))
        query = query if end is None else query.where(batch.c.pk >= end)
    rows = list(connection.execute(query.limit(limit + 1)))
    if len(rows) > limit:
        return rows[:limit], cursors.encode("batches", rows[limit - 1].pk)
    return rows, None if end is None else cursors.encode("batches", end)


def counts(connection: Connection, row: BatchRow) -> dict[str, int]:
    """Return how many jobs of a batch stand where; those not made yet count as SUBMITTED.

    They do so in a cancelled batch, too, until they are made as jobs that are CANCELLED: who
    waits for the end finds every job.
    """
    found = tallies.of_batch(connection, row.pk)
    found[Status.SUBMITTED] += row.n_jobs - row.made
    return found


def to_batch(connection: Connection, row: BatchRow, spec: Spec) -> Batch:
    """Return what the API says of a batch."""
    return Batch(
        id=row.id,
        pk=row.pk,
        name=row.name,
        target=TargetInfo(row.kind, row.target_name),
        owner=row.owner,
        created=row.created,
        n_jobs=row.n_jobs,
        n_made=row.made,
        counts=counts(connection, row),
        parameters=msgspec.json.decode(row.parameters),
        fixed=msgspec.json.decode(row.fixed),
        options=msgspec.to_builtins(spec.options),
        project=row.project,
        deleted=row.deleted,
        cancel_requested=row.cancel_requested,
    )


def unmade(connection: Connection) -> BatchRow | None:
    """Return the oldest batch some of whose jobs are not made yet; cancelled ones come last."""
    query = select(batch).where(text("made < n_jobs"))
    query = query.order_by(batch.c.cancel_requested.is_not(None), batch.c.pk).limit(1)
    return connection.execute(query).one_or_none()


def argument_sets(connection: Connection, row: BatchRow, limit: int) -> list[str]:
    """Return the next up to `limit` argument sets (JSON) of which no job is made yet."""
    query = (
        select(entries.c.first, entries.c.lines)
        .where(entries.c.batch_pk == row.pk, entries.c.first <= row.made)
        .order_by(entries.c.first.desc())
        .limit(1)
    )
    first, lines = connection.execute(query).one()
    skip = row.made - first
    found: list[str] = lines.split("\n")[skip : skip + limit]
    return found


def set_columns(tx: Connection, pk: int, **columns: Any) -> None:
    """Set columns of a batch."""
    tx.execute(update(batch).where(batch.c.pk == pk).values(**columns))


def cancel_jobs(tx: Connection, pk: int, reason: str, time: str) -> None:
    """Cancel the jobs of a batch that wait, and ask for the end of those under way."""
    waiting = _jobs_in(pk, Status.SUBMITTED, Status.PENDING, Status.RUNNABLE)
    why = {"reason_code": "cancelled", "reason": reason}
    facts = func.json_object("from", job.c.status, "status", "CANCELLED", *_flat(why))
    _log(tx, "status", waiting, facts, time)
    values = why | {"status": str(Status.CANCELLED), "stopped": time, "not_before": None}
    tx.execute(update(job).where(waiting).values(values))
    active = and_(_jobs_in(pk, *ACTIVE), job.c.cancel_requested.is_(None))
    _log(tx, "cancel_requested", active, literal("{}"), time)
    tx.execute(update(job).where(active).values(cancel_requested=time))


def hide_jobs(tx: Connection, pk: int, time: str) -> None:
    """Hide the jobs of a batch."""
    shown = and_(job.c.batch_pk == pk, job.c.deleted.is_(None))
    _log(tx, "deleted", shown, literal("{}"), time)
    tx.execute(update(job).where(shown).values(deleted=time))


def release_jobs(tx: Connection, pk: int, time: str) -> None:
    """Let the held jobs of a batch go on."""
    held = and_(_jobs_in(pk, Status.PENDING), job.c.held)
    _log(tx, "released", held, literal("{}"), time)
    tx.execute(update(job).where(held).values(held=False))


def _jobs_in(pk: int, *statuses: Status) -> ColumnElement[bool]:
    return and_(job.c.batch_pk == pk, job.c.status.in_([str(status) for status in statuses]))


def _log(
    tx: Connection,
    type_: EventType,
    where: ColumnElement[bool],
    data: ColumnElement[str],
    time: str,
) -> None:
    """Append one event for each job that `where` finds, without reading them all."""
    chosen = select(literal(time), literal(type_), job.c.owner, job.c.id, job.c.batch, data).where(
        where
    )
    columns = ["time", "type", "owner", "job", "batch", "data"]
    tx.execute(insert(event).from_select(columns, chosen.order_by(job.c.pk)))


def _flat(pairs: dict[str, str]) -> list[str]:
    return [text for pair in pairs.items() for text in pair]
