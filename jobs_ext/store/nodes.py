"""Rows of nodes, and of the jobs they hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from ..model.node import HeldJob, Node
from ..model.status import ACTIVE, Status
from . import cursors
from .queue import with_latest_attempts
from .schema import job, node

NodeRow = Row[Any]
_ACTIVE = [str(status) for status in ACTIVE]


class Lease(NamedTuple):
    """A job that a node holds, and how often the node was heard of."""

    job: str
    pk: int  # of the job
    attempt: int
    status: Status
    cancel_requested: bool
    node: str
    name: str  # of the node
    beats: int

    @property
    def is_running(self) -> bool:
        """Whether the job was started."""
        return self.status is Status.RUNNING


def make(tx: Connection, columns: dict[str, Any]) -> None:
    """Keep a new node."""
    tx.execute(insert(node).values(columns))


def set_columns(tx: Connection, node_id: str, **columns: Any) -> None:
    """Set columns of a node."""
    tx.execute(update(node).where(node.c.id == node_id).values(**columns))


def note_life(tx: Connection, node_id: str, time: str) -> None:
    """Note that a node was heard of: the leases of all that it holds begin anew."""
    set_columns(tx, node_id, seen=time, beats=node.c.beats + 1)


def forget(tx: Connection, node_id: str) -> None:
    """Remove a node."""
    tx.execute(delete(node).where(node.c.id == node_id))


def by_id(connection: Connection, node_id: str) -> NodeRow | None:
    """Return the row of a node."""
    return connection.execute(select(node).where(node.c.id == node_id)).one_or_none()


def id_of(connection: Connection, pk: int) -> str | None:
    """Return the id of the node with this number."""
    found: str | None = connection.execute(select(node.c.id).where(node.c.pk == pk)).scalar()
    return found


def by_name(connection: Connection, owner: str, name: str) -> NodeRow | None:
    """Return the row of an owner's node of this name."""
    query = select(node).where(node.c.owner == owner, node.c.name == name)
    return connection.execute(query).one_or_none()


def everyone(connection: Connection) -> list[NodeRow]:
    """Return all nodes there are, whoever owns them."""
    return list(connection.execute(select(node).order_by(node.c.pk)))


def pks(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    """Return the numbers of nodes by their ids."""
    query = select(node.c.id, node.c.pk).where(node.c.id.in_(list(ids)))
    return {row.id: row.pk for row in connection.execute(query)}


def page(
    connection: Connection, owner: str | None, limit: int, cursor: str | None
) -> tuple[list[NodeRow], str | None]:
    """Return one page of nodes, oldest first, and the cursor of the next."""
    query = select(node).order_by(node.c.pk)
    if owner is not None:
        query = query.where(node.c.owner == owner)
    if cursor is not None:
        query = query.where(node.c.pk > cursors.decode(cursor, "nodes"))
    rows = list(connection.execute(query.limit(limit + 1)))
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursors.encode("nodes", rows[limit - 1].pk)


def held(connection: Connection, node_ids: Iterable[str] | None = None) -> list[Lease]:
    """Return what these nodes hold; without any named, what all of them do."""
    query = (
        select(job.c.id, job.c.pk, node.c.id.label("node"), node.c.name, node.c.beats)
        .join(node, node.c.id == job.c.node)
        .where(job.c.node.is_not(None), job.c.status.in_(_ACTIVE))
        .order_by(job.c.pk)
    )
    if node_ids is not None:
        query = query.where(job.c.node.in_(list(node_ids)))
    found = {row.id: row for row in connection.execute(query)}
    jobs = with_latest_attempts(connection, found) if found else {}
    return [
        Lease(
            job_id,
            row.pk,
            jobs[job_id].number,
            Status(jobs[job_id].status),
            jobs[job_id].cancel_requested is not None,
            row.node,
            row.name,
            row.beats,
        )
        for job_id, row in found.items()
    ]


def to_nodes(connection: Connection, rows: list[NodeRow]) -> list[Node]:
    """Return what the API says of nodes."""
    holds: dict[str, list[HeldJob]] = {row.id: [] for row in rows}
    for lease in held(connection, holds) if holds else ():
        job_, attempt, asked = (lease.job, lease.pk), lease.attempt, lease.cancel_requested
        holds[lease.node].append(HeldJob(*job_, attempt, lease.status, asked))
    plain = ("id", "pk", "name", "owner", "cpu", "memory", "gpus", "created", "seen")
    return [
        Node(
            **{name: getattr(row, name) for name in plain},
            tags=msgspec.json.decode(row.tags),
            about=msgspec.json.decode(row.about),
            jobs=holds[row.id],
        )
        for row in rows
    ]
