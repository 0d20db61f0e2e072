"""The one table of what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, text

from ..model.events import EventType
from ..model.grant import WORLD
from ..model.job import Event
from .prepared import insertion
from .schema import event, job, job_grant

_APPEND = insertion(event, frozenset({"time", "type", "owner", "job", "batch", "data"}))


def entry(
    time: str,
    type_: EventType,
    owner: str,
    *,
    job: str | None = None,
    batch: str | None = None,
    data: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return one row to append."""
    told = msgspec.json.encode(data or {}).decode()
    return {"time": time, "type": type_, "owner": owner, "job": job, "batch": batch, "data": told}


def append(tx: Connection, rows: list[dict[str, Any]]) -> None:
    """Append rows made by `entry`, in their order."""
    _APPEND.run_many(tx, rows)


def head(connection: Connection) -> int:
    """Return the number of the newest event; 0 before the first."""
    return connection.execute(select(func.max(event.c.seq))).scalar() or 0


def since(connection: Connection, seq: int, limit: int, owner: str | None) -> list[Event]:
    """Return up to `limit` events after `seq`: those that concern one owner, or all."""
    query = select(event).where(event.c.seq > seq).order_by(event.c.seq).limit(limit)
    if owner is not None:
        query = query.where(_concerns(owner))
    return [_event(row) for row in connection.execute(query)]


def _concerns(owner: str) -> ColumnElement[bool]:
    """Return the condition of events of an owner's jobs, and of those shared with them.

    Also that one is shared no longer: its last event.
    """
    grantees = (owner, WORLD)
    shared = exists().where(
        job.c.id == event.c.job,
        job_grant.c.job_pk == job.c.pk,
        job_grant.c.grantee.in_(grantees),
    )
    ended = and_(
        event.c.type == "revoked", func.json_extract(event.c.data, "$.grantee").in_(grantees)
    )
    return or_(event.c.owner == owner, ended, shared)


def of_job(connection: Connection, job_id: str) -> list[Event]:
    """Return the whole history of a job."""
    query = select(event).where(event.c.job == job_id).order_by(event.c.seq)
    return [_event(row) for row in connection.execute(query)]


_OF_JOBS = text("""
    SELECT event.* FROM json_each(:jobs)
    CROSS JOIN event ON event.job = value WHERE event.type = :type
    ORDER BY seq
""")


def of_jobs(connection: Connection, jobs: Sequence[str], type_: EventType) -> list[Event]:
    """Return the events of one type of several jobs, in their order."""
    given = {"jobs": msgspec.json.encode(jobs).decode(), "type": type_}
    return [_event(row) for row in connection.execute(_OF_JOBS, given)]


def _event(row: Row[Any]) -> Event:
    data = msgspec.json.decode(row.data)
    return Event(seq=row.seq, time=row.time, type=row.type, job=row.job, batch=row.batch, data=data)
