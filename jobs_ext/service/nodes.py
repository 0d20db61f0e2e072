"""Nodes: workers outside, registered, listed and forgotten. What they do is in `working`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection

from ..model.clock import now
from ..model.errors import Conflict, InvalidRequest, NotFound
from ..model.filters import NODE_FIELDS
from ..model.ids import new_id
from ..model.job import Page
from ..model.node import Node, NodeRequest
from ..model.quantities import parse_bytes
from ..store import cursors
from ..store import nodes as rows
from ..store.nodes import NodeRow
from .core import Core
from .executors import check_tag_names
from .narrowing import Narrowing
from .options import check_name
from .principal import Principal

_MOST_GPUS = 10_000
_LARGEST_ABOUT = 2**16  # bytes of JSON
_LARGEST = 2**63 - 1  # of SQLite's integers


class Nodes:
    """What can be done with nodes. Whoever may work sees to their own; who manages, to all."""

    def __init__(self, core: Core) -> None:
        self._store = core.store

    def register(
        self, who: Principal, wanted: NodeRequest, *, new: bool = False
    ) -> tuple[Node, bool]:
        """Make a node, or bring one's own of that name up to date; tell whether it is new.

        A worker that starts again so gets its node back, and sees what it still holds. Of the
        nodes of other owners nothing is known here: a machine may work for several. With `new`
        raises `Conflict` when one's own has the name.
        """
        who.require("work")
        columns, time = _columns(wanted), now()
        with self._store.write(poke=()) as tx:
            old = rows.by_name(tx, who.owner, wanted.name)
            if old is None:
                node_id = new_id()
                first = {"id": node_id, "owner": who.owner, "created": time, "seen": time}
                rows.make(tx, columns | first)
            else:
                node_id = old.id
                if new:
                    raise _taken(wanted.name)
                rows.set_columns(tx, node_id, **columns)
                rows.note_life(tx, node_id, time)
            return _present(tx, node_id), old is None

    def list(
        self,
        who: Principal,
        limit: int = 100,
        cursor: str | None = None,
        filter: str | None = None,  # noqa: A002 - what it is called everywhere
    ) -> Page[Node]:
        """Return one page of the nodes that `who` may see to and a filter finds, oldest first."""
        who.require("read", "work")
        asked = Narrowing(filter, NODE_FIELDS, limit)
        with self._store.read() as connection:
            found, following = rows.page(connection, who.scope, asked.step, cursor)
            nodes = rows.to_nodes(connection, found)
        return asked.page(nodes, following, lambda node: cursors.encode("nodes", node.pk))

    def get(self, who: Principal, node_id: str) -> Node:
        """Return a node, with what it holds."""
        who.require("read", "work")
        with self._store.read() as connection:
            owned(connection, who, node_id)
            return _present(connection, node_id)

    def numbers(self, ids: Iterable[str]) -> dict[str, int]:
        """Return the numbers (`pk`) of nodes by their ids; those that were forgotten have none."""
        wanted = list(ids)
        if not wanted:
            return {}
        with self._store.read() as connection:
            return rows.pks(connection, wanted)

    def numbered(self, who: Principal, pk: int) -> Node:
        """Return the node with this number (`pk`)."""
        who.require("read", "work")
        with self._store.read() as connection:
            node_id = rows.id_of(connection, pk) or str(pk)
            owned(connection, who, node_id)
            return _present(connection, node_id)

    def change(self, who: Principal, node_id: str, wanted: NodeRequest) -> Node:
        """Let a node be another, by another name maybe; `Conflict` when that is taken."""
        who.require("work")
        columns = _columns(wanted)
        with self._store.write(poke=()) as tx:
            row = owned(tx, who, node_id)
            other = rows.by_name(tx, row.owner, wanted.name)
            if other is not None and other.id != node_id:
                raise _taken(wanted.name)
            rows.set_columns(tx, node_id, **columns)
            rows.note_life(tx, node_id, now())
            return _present(tx, node_id)

    def ping(self, who: Principal, node_id: str) -> Node:
        """Note that a node lives: the leases of all that it holds begin anew."""
        who.require("work")
        with self._store.write(poke=()) as tx:
            owned(tx, who, node_id)
            rows.note_life(tx, node_id, now())
            return _present(tx, node_id)

    def forget(self, who: Principal, node_id: str) -> None:
        """Remove a node. `Conflict` while it holds jobs."""
        who.require("work")
        with self._store.write(poke=()) as tx:
            owned(tx, who, node_id)
            held = rows.held(tx, [node_id])
            if held:
                raise Conflict(
                    "The node holds jobs.",
                    field="id",
                    value=node_id,
                    hint=f"Abort them first, or wait for their leases to expire: {held[0].job}.",
                )
            rows.forget(tx, node_id)


def owned(connection: Connection, who: Principal, node_id: str) -> NodeRow:
    """Return the row of a node that `who` may act as. Raises `NotFound`."""
    row = rows.by_id(connection, node_id)
    if row is None or not who.owns(row.owner):
        raise NotFound(
            f"There is no node {node_id!r}.",
            field="node",
            value=node_id,
            hint="It may be another owner's. GET nodes lists yours; POST nodes registers one.",
        )
    return row


def _taken(name: str) -> Conflict:
    return Conflict(f"There is another node {name!r}.", field="name", value=name)


def _present(connection: Connection, node_id: str) -> Node:
    row = rows.by_id(connection, node_id)
    assert row is not None, "seen in this very transaction"
    return rows.to_nodes(connection, [row])[0]


def _columns(wanted: NodeRequest) -> dict[str, Any]:
    """Return the columns of a node that says this of itself; `InvalidRequest` for what can't be."""
    check_name(wanted.name, "name")
    check_tag_names(wanted.tags, "tags")
    if wanted.cpu is not None and not 0 < wanted.cpu < math.inf:
        raise InvalidRequest("A node gives a job some cores.", field="cpu", value=wanted.cpu)
    if not 0 <= wanted.gpus <= _MOST_GPUS:
        raise InvalidRequest(f"No node has {wanted.gpus} GPUs.", field="gpus", value=wanted.gpus)
    return {
        "name": wanted.name,
        "cpu": wanted.cpu,
        "memory": None if wanted.memory is None else _size(wanted.memory),
        "gpus": wanted.gpus,
        "tags": msgspec.json.encode(sorted(set(wanted.tags))).decode(),
        "about": _about(wanted.about),
    }


def _size(memory: int | str) -> int:
    try:
        size = parse_bytes(memory)
    except ValueError as error:
        raise InvalidRequest(f"memory: {error}.", field="memory", value=memory) from None
    if size > _LARGEST:
        raise InvalidRequest("No node has as much memory.", field="memory", value=memory)
    return size


def _about(said: dict[str, Any]) -> str:
    try:
        encoded = msgspec.json.encode(said)
    except UnicodeEncodeError:
        raise InvalidRequest("about holds text that is no Unicode.", field="about") from None
    if len(encoded) > _LARGEST_ABOUT:
        raise InvalidRequest(
            f"What a node tells of itself may have {_LARGEST_ABOUT:,} bytes as JSON.",
            field="about",
            value=len(encoded),
        )
    return encoded.decode()
