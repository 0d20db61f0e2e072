"""What nodes do with jobs: acquire, start, tell how far they are, finish, release.

A node holds a job from `acquire` until it finishes, gives it back or loses it. What it tells
carries the number of the attempt: whoever lost the job is refused from then on, so that no two
nodes ever tell of one attempt.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from ..model.argv import ad_hoc_command, tool_command
from ..model.clock import now
from ..model.errors import Conflict, InvalidRequest, NotFound, TooLarge
from ..model.grant import Right
from ..model.job import Job, Progress
from ..model.node import (
    AcquireRequest,
    Assignment,
    NodeFinish,
    NodeProgress,
    NodeStart,
)
from ..model.reasons import ReasonCode, exit_sentence, lease_sentence
from ..model.status import ACTIVE, Stage, Status
from ..model.tool import Tool
from ..model.work import Aborted, Change, Ended, NodeStarted, Progressed, Released
from ..store import jobs as job_rows
from ..store import lines
from ..store import nodes as node_rows
from ..store import outputs as output_rows
from ..store import queue as rows
from ..store.changes import Changes
from ..store.contents import Spec
from ..store.jobs import JobRow
from ..store.nodes import Lease, NodeRow
from .core import Core
from .executors import NODE
from .inputs import assigned
from .nodes import owned
from .outcomes import Outcomes
from .principal import Principal
from .promised import missing
from .shares import Shares, caps, suits

_LONGEST_REASON = 100_000  # characters; of a longer one the end is kept
_LARGEST_PROGRESS = 2**16  # bytes of JSON


class Hold(Struct, frozen=True):
    """What a node proves with that it tells of its own: node and number of the attempt."""

    node: str
    attempt: int


class Working:
    """What nodes can do; whoever acts as a node owns it, and has the verb `work`."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def acquire(self, who: Principal, node_id: str, wanted: AcquireRequest) -> Assignment | None:
        """Give a node the job that it names, or the next that suits it; None when there is none.

        The next one is that of the highest priority, of the owner whose turn it is, the oldest. A
        node that has not started the job it was given gets it once more, as one that names it.
        Raises `Conflict` for a job that does not wait for a node, and `NotFound`.
        """
        who.require("work")
        with self._store.write(poke=("servers",)) as tx:
            node = _living(tx, who, node_id)
            row = self._named(tx, node, wanted.job) if wanted.job else self._next(tx, node, wanted)
            return None if row is None else self._given(tx, node, row)

    def start(self, who: Principal, node_id: str, job_id: str, told: NodeStart) -> Job:
        """Note that a node begins with a job. `Conflict` while it runs another one."""
        with self._store.write(poke=("servers",)) as tx:
            node, row = self._held(tx, who, node_id, job_id, told.attempt)
            if row.status == Status.RUNNING:  # the answer to the first time was lost
                return self._job(tx, job_id)
            if row.cancel_requested:
                raise _conflict(row, "The job was cancelled.", "Release it.")
            others = [one.job for one in node_rows.held(tx, [node.id]) if one.is_running]
            if others:
                raise _conflict(row, f"The node still runs {others[0]}.", "Finish that one first.")
            self._tell(tx, NodeStarted(row.id, row.number, now(), node.name))
            return self._job(tx, job_id)

    def progress(self, who: Principal, node_id: str, job_id: str, told: NodeProgress) -> Job:
        """Tell everybody who watches a job how far it is."""
        said = _progress(told)
        with self._store.write(poke=("servers",)) as tx:
            _, row = self._held(tx, who, node_id, job_id, told.attempt)
            _require_status(row, Status.RUNNING, "Start it first.")
            self._tell(tx, Progressed(row.id, row.number, said))
            return self._job(tx, job_id)

    def finish(self, who: Principal, node_id: str, job_id: str, told: NodeFinish) -> Job:
        """End an attempt: it succeeded, or failed and may be followed by another.

        It fails, too, when the node did not give an output that the tool requires.
        A job whose end was asked for is CANCELLED by that, however the node ended it.
        """
        _check_finish(told)
        with self._store.write() as tx:
            _, row = self._held(tx, who, node_id, job_id, told.attempt)
            self._tell(tx, _end(row, told, self._owed(tx, row) if told.success else []))
            return self._job(tx, job_id)

    def release(self, who: Principal, node_id: str, job_id: str, told: NodeStart) -> Job:
        """Give back a job that was not started: it waits for a node again."""
        with self._store.write() as tx:
            _, row = self._held(tx, who, node_id, job_id, told.attempt)
            _require_status(row, Status.STARTING, "Finish it, or have it aborted.")
            self._tell(tx, Released(row.id, row.number))
            return self._job(tx, job_id)

    def abort(self, who: Principal, job_id: str) -> Job:
        """Take a job from its node, which may be gone: it waits for a node again.

        A job whose end was asked for is CANCELLED. Raises `Conflict` unless a node has it.
        """
        who.require("submit", "run")
        with self._store.write() as tx:
            job = self._core.job_row(tx, who, job_id, Right.WRITE)
            row = rows.with_latest_attempts(tx, [job_id]).get(job_id)
            if row is None or row.node is None or Status(row.status) not in ACTIVE:
                raise _conflict(job, f"The job is {job.status}, and no node has it.", "")
            self._tell(tx, Aborted(row.id, row.number, now()))
        return self._core.job(who, job_id)

    def leases(self) -> list[Lease]:
        """Return what all nodes hold."""
        with self._store.read() as connection:
            return node_rows.held(connection)

    def expire(self, silent: Iterable[Lease]) -> None:
        """Take jobs back from nodes that were not heard of since these leases were read.

        One that was not started waits for a node again; of one that was, nobody knows how it
        ended: its ``on_lost`` says what comes then. One whose end was asked for is CANCELLED.
        """
        old = list(silent)
        with self._store.write() as tx:
            there = set(node_rows.held(tx, [one.node for one in old]))
            lost = [self._lost(one) for one in old if one in there]
            self._tell(tx, *lost)

    def _lost(self, lease: Lease) -> Change:
        if not lease.is_running:
            return Released(lease.job, lease.attempt)
        if lease.cancel_requested:
            return _cancelled(lease.job, lease.attempt)
        code, why = ReasonCode.LEASE_EXPIRED, lease_sentence(lease.name, self._core.house.lease)
        return Ended(lease.job, lease.attempt, Status.FAILED, now(), code, why)

    def _named(self, tx: Connection, node: NodeRow, job_id: str) -> JobRow:
        """Return the row of a job that a node asks for by its id."""
        row = job_rows.by_id(tx, job_id)
        if row is None:
            raise _no_job(job_id)
        if row.node == node.id and Status(row.status) in ACTIVE:
            return row
        require_outside(tx, row)
        if row.status != Status.RUNNABLE or (row.not_before and row.not_before > time.time()):
            raise _conflict(row, f"The job is {row.status}: nobody can acquire it now.", "")
        return row

    def _next(self, tx: Connection, node: NodeRow, wanted: AcquireRequest) -> JobRow | None:
        """Return the row of the next job that suits a node; None when there is none.

        One that the node has acquired and not started comes first: the answer was lost.
        """
        for lease in node_rows.held(tx, [node.id]):
            if not lease.is_running:
                return job_rows.by_id(tx, lease.job)
        waiting = [line for line in lines.waiting(tx, NODE) if suits(node, line)]
        if not waiting:
            return None
        shares = Shares(lines.active(tx), lines.turns(tx))
        waiting.sort(key=lambda line: (-line.priority, shares.standing(line.owner), line.head))
        for line in waiting:
            if shares.full(caps(line, self._core.house.scheduling)):
                continue
            for row in lines.first(tx, line.pk, 1, now=time.time()):
                if not wanted.tools or {row.tool, row.tool_name} & set(wanted.tools):
                    lines.take_turns(tx, [row.owner])
                    return row
        return None

    def _given(self, tx: Connection, node: NodeRow, row: JobRow) -> Assignment:
        """Return a job with all that it takes to run it, the node's own from now on."""
        if row.node != node.id or Status(row.status) not in ACTIVE:
            begin(tx, row, node)
        spec = self._core.specs.load(tx, [row.spec])[row.spec]
        job = self._job(tx, row.id)
        arguments, inputs = assigned(row, spec)
        return Assignment(
            job=job,
            attempt=job.attempts[-1].number,
            target=spec.target,
            command=_command(spec, arguments),
            arguments=arguments,
            inputs=inputs,
            tool=spec.tool,
            timeout=row.timeout,
            lease=self._core.house.lease,
        )

    def _held(
        self, tx: Connection, who: Principal, node_id: str, job_id: str, attempt: int
    ) -> tuple[NodeRow, JobRow]:
        """Return the rows of a node, which lives, and of the job that it holds.

        That of the job is as `with_latest_attempts` has it. Raises as `hold_of`.
        """
        found = hold_of(tx, who, Hold(node_id, attempt), job_id)
        node_rows.note_life(tx, node_id, now())
        return found

    def _owed(self, tx: Connection, row: JobRow) -> list[str]:
        """Return, as sentences, the outputs that the tool of a job requires and no node gave."""
        tool = self._core.specs.load(tx, [row.spec])[row.spec].tool
        declared = (tool or {}).get("outputs")
        return missing(declared, output_rows.names(tx, row.pk, row.number)) if declared else []

    def _tell(self, tx: Connection, *changes: Change) -> None:
        Outcomes(tx, self._core.specs, list(changes)).write()

    def _job(self, tx: Connection, job_id: str) -> Job:
        row = job_rows.by_id(tx, job_id)
        return self._core.present(tx, [row])[0]


def hold_of(
    connection: Connection,
    who: Principal,
    hold: Hold,
    job_id: str,
    statuses: Collection[Status] = ACTIVE,
) -> tuple[NodeRow, JobRow]:
    """Return the rows of a node and of the job that it holds, or had when it ended.

    Raises `Conflict`, which says why, when the attempt is not or no longer the node's.
    """
    who.require("work")
    node = owned(connection, who, hold.node)
    row = rows.with_latest_attempts(connection, [job_id]).get(job_id)
    own = row is not None and row.node == node.id and row.number == hold.attempt
    if row is not None and own and Status(row.status) in statuses:
        return node, row
    known = job_rows.by_id(connection, job_id)
    if known is None:
        raise _no_job(job_id)
    raise _conflict(known, *_why_not(connection, node, known, hold.attempt))


def _living(tx: Connection, who: Principal, node_id: str) -> NodeRow:
    """Return the row of a node that `who` acts as: it was just heard of."""
    node = owned(tx, who, node_id)
    node_rows.note_life(tx, node.id, now())
    return node


def begin(tx: Connection, row: JobRow, node: NodeRow) -> None:
    """Move a RUNNABLE job to STARTING, with a new attempt of a node."""
    changes, claimed = Changes(tx), now()
    changes.move(
        row,
        Status.STARTING,
        time=claimed,
        data={"node": node.id},
        stage=str(Stage.STAGING),
        not_before=None,
        progress=None,
        node=node.id,
    )
    changes.flush()
    last = rows.last_attempts(tx, [row.pk]).get(row.pk)
    first = {"job_pk": row.pk, "number": last.number + 1 if last else 1, "gpus": None}
    status = {"status": str(Status.STARTING), "claimed": claimed, "node": node.id}
    rows.add_attempts(tx, [first | status])


def require_outside(tx: Connection, row: JobRow) -> None:
    """Raise `Conflict` for a job that no node can have."""
    if lines.facts(tx, row.line)["executor"] != NODE:
        raise _conflict(row, "The job runs on the server, and waits for no node.", "")


def _command(spec: Spec, arguments: dict[str, Any]) -> list[str] | None:
    """Return the command that a job is, its arguments filled in; None for a tool without one."""
    if isinstance(spec.target.command, list):
        return ad_hoc_command(spec.target.command, arguments)
    tool = msgspec.convert(spec.tool, Tool)
    return None if tool.command is msgspec.UNSET else tool_command(tool, arguments)


def _end(row: JobRow, told: NodeFinish, owed: list[str]) -> Ended:
    """Return the end of an attempt as its node tells it; what it `owed` makes it fail."""
    facts: dict[str, Any] = {"exit_code": told.exit_code, "duration": told.duration}
    if row.cancel_requested:
        return _cancelled(row.id, row.number, **facts)
    if owed:
        code, why = ReasonCode.MISSING_OUTPUT, "; ".join(owed)
        return Ended(row.id, row.number, Status.FAILED, now(), code, why, **facts)
    if told.success:
        return Ended(row.id, row.number, Status.SUCCEEDED, now(), **facts)
    code, why = ReasonCode.NODE_FAILED, "its node said that it failed"
    if told.exit_code is not None:
        code, why = ReasonCode.EXIT_CODE, exit_sentence(told.exit_code)
    reason = why if told.reason is None else told.reason[-_LONGEST_REASON:]
    return Ended(row.id, row.number, Status.FAILED, now(), code, reason, **facts)


def _cancelled(job: str, attempt: int, **facts: Any) -> Ended:
    facts |= {"reason_code": ReasonCode.CANCELLED, "reason": "cancelled by the user"}
    return Ended(job, attempt, Status.CANCELLED, now(), **facts)


def _require_status(row: JobRow, status: Status, hint: str) -> None:
    if row.status != status:
        raise _conflict(row, f"The job is {row.status}.", hint)


def _why_not(connection: Connection, node: NodeRow, row: JobRow, attempt: int) -> tuple[str, str]:
    """Say why a node may tell nothing of an attempt (any more), and what it can do."""
    own = rows.attempt_of(connection, row.pk, attempt)
    if own is None or own.node != node.id:
        return f"Attempt {attempt} of the job is not one of node {node.name}.", "Acquire the job."
    if own.reason_code in _TAKEN:
        return f"Attempt {attempt} is over: {own.reason}.", "Stop working on it."
    return f"Attempt {attempt} is over: it is {own.status}.", "Stop working on it."


_TAKEN = (ReasonCode.LEASE_EXPIRED, ReasonCode.ABORTED, ReasonCode.CANCELLED)


def _conflict(row: JobRow, message: str, hint: str) -> Conflict:
    return Conflict(message, field="job", value=row.id, hint=hint)


def _no_job(job_id: str) -> NotFound:
    hint = "It may have been purged."
    return NotFound(f"There is no job {job_id!r}.", field="job", value=job_id, hint=hint)


def _progress(told: NodeProgress) -> Progress:
    """Return what a node says of how far it is; `InvalidRequest` for what can't be."""
    if told.fraction is not None and not 0 <= told.fraction <= 1:
        raise InvalidRequest(
            "The fraction lies between 0 and 1.", field="fraction", value=told.fraction
        )
    said = Progress(told.fraction, told.message, told.data)
    try:
        size = len(msgspec.json.encode(said))
    except UnicodeEncodeError:
        raise InvalidRequest("The progress holds text that is no Unicode.", field="data") from None
    if size > _LARGEST_PROGRESS:
        raise TooLarge(
            f"What is said of the progress may have {_LARGEST_PROGRESS:,} bytes as JSON.",
            field="data",
            value=size,
        )
    return said


def _check_finish(told: NodeFinish) -> None:
    """Raise `InvalidRequest` for an end that can't be."""
    if told.success and told.exit_code:
        raise InvalidRequest(
            f"A program that exits with code {told.exit_code} has not succeeded.",
            field="exit_code",
            value=told.exit_code,
            hint="Set success to false.",
        )
    if told.exit_code is not None and not -(2**31) <= told.exit_code < 2**31:
        raise InvalidRequest("This is no exit code.", field="exit_code", value=told.exit_code)
    if told.duration is not None and not 0 <= told.duration < math.inf:
        raise InvalidRequest("This is no duration.", field="duration", value=told.duration)
    try:
        (told.reason or "").encode()
    except UnicodeEncodeError:
        raise InvalidRequest("The reason is no Unicode.", field="reason") from None
