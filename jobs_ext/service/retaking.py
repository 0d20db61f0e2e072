"""What a node can do with a job that FAILED: take it, try it anew, let it go (UFDL's reset)."""

from __future__ import annotations

from sqlalchemy import Connection

from ..model.clock import now
from ..model.errors import Conflict
from ..model.job import Job
from ..model.status import Status
from ..store import jobs as job_rows
from ..store import nodes as node_rows
from ..store.changes import Changes
from ..store.jobs import JobRow
from ..store.nodes import NodeRow
from .core import Core
from .nodes import owned
from .principal import Principal
from .reset import reopened
from .working import begin, require_outside


class Retaking:
    """What nodes can do with jobs that failed. Each raises `Conflict` for other jobs."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def take(self, who: Principal, node_id: str, job_id: str) -> Job:
        """Let a node have a failed job that no node has, so that it can try it anew."""
        return self._set_node(who, node_id, job_id, old=None, new=node_id)

    def let_go(self, who: Principal, node_id: str, job_id: str) -> Job:
        """Let any node have a failed job that this one has."""
        return self._set_node(who, node_id, job_id, old=node_id, new=None)

    def again(self, who: Principal, node_id: str, job_id: str) -> Job:
        """Begin a new attempt of a failed job that a node has: it is STARTING, and the node's."""
        with self._store.write() as tx:
            node, row = self._failed(tx, who, node_id, job_id, node_id)
            begin(tx, reopened(tx, row), node)
            return self._job(tx, job_id)

    def _set_node(
        self, who: Principal, node_id: str, job_id: str, *, old: str | None, new: str | None
    ) -> Job:
        with self._store.write(poke=("servers",)) as tx:
            node, row = self._failed(tx, who, node_id, job_id, old)
            changes = Changes(tx)
            data = {"node": node.id, "change": "taken" if new else "let go"}
            changes.note(row, "changed", data=data, node=new)
            changes.flush()
            return self._job(tx, job_id)

    def _failed(
        self, tx: Connection, who: Principal, node_id: str, job_id: str, holder: str | None
    ) -> tuple[NodeRow, JobRow]:
        """Return the rows of a node, which lives, and of a failed job that `holder` has."""
        who.require("work")
        node = owned(tx, who, node_id)
        row = self._core.job_row(tx, who, job_id)
        require_outside(tx, row)
        if row.status != Status.FAILED or row.node != holder:
            has = {None: "no node has it", node_id: "this node has it"}
            whose = has.get(row.node, "another node has it")
            raise Conflict(f"The job is {row.status}, and {whose}.", field="job", value=job_id)
        node_rows.note_life(tx, node_id, now())
        return node, row

    def _job(self, tx: Connection, job_id: str) -> Job:
        return self._core.present(tx, [job_rows.by_id(tx, job_id)])[0]
