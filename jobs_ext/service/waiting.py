"""Why a job waits: worked out when it is read, never stored."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from ..model.clock import from_epoch
from ..model.quantities import show_bytes
from ..model.reasons import ReasonCode
from ..model.scheduling import Share
from ..model.status import Status
from ..store import lines, nodes
from ..store import waiting as facts
from ..store.faults import is_short
from ..store.jobs import JobRow
from ..store.lines import LineRow
from ..store.locks import has_runner, has_server
from ..store.paths import Paths
from .executors import EXECUTORS, LOCAL, NODE
from .hints import listed
from .resolve import House
from .shares import Cap, Shares, caps, suits


class Reason(NamedTuple):
    """Why a job waits, for programs and for people."""

    code: ReasonCode
    sentence: str


def reasons(
    connection: Connection, house: House, rows: Sequence[JobRow], paths: Paths
) -> dict[int, Reason]:
    """Return, by pk, why each waiting job of `rows` waits; `paths` is the data directory."""
    queued = [row for row in rows if row.status == Status.RUNNABLE]
    pending = [row for row in rows if row.status == Status.PENDING]
    found: dict[int, Reason] = {}
    if queued:
        queue = _Queue(connection, house, paths)
        found |= {row.pk: queue.reason(row) for row in queued}
    if pending:
        unmet = facts.unmet(connection, [row.pk for row in pending])
        found |= {row.pk: _pending(row, unmet.get(row.pk, [])) for row in pending}
    return found


class _Queue:
    """The jobs that are RUNNABLE, and what is under way."""

    def __init__(self, connection: Connection, house: House, paths: Paths) -> None:
        self._connection = connection
        self._short_of_room = is_short(paths.root)
        self._lacks_runner = has_server(paths) and not has_runner(paths)
        self._slots = house.slots
        waiting = [line for name in EXECUTORS for line in lines.waiting(connection, name)]
        self._waiting = {line.pk: line for line in waiting}
        self._here = [line for line in waiting if line.executor == LOCAL]
        everywhere = lines.active(connection)
        active = [line for line in everywhere if line.executor == LOCAL]
        self._rules = house.scheduling
        self._shares = Shares(everywhere)
        shares = (
            Share(line.cpu, line.memory, line.gpu) for line in active for _ in range(line.jobs)
        )
        self._free = self._slots.left(shares)
        self._gpus = max(0, len(self._slots.gpus) - sum(line.gpu * line.jobs for line in active))
        self._ranks: dict[str, dict[int, int]] = {}  # by owner

    def reason(self, row: JobRow) -> Reason:
        """Return why one of them waits."""
        line = self._waiting[row.line]
        if self._lacks_runner and line.executor == LOCAL:
            told = "waits for the runner, which the server starts; jupyter jobs doctor says more"
            return Reason(ReasonCode.WAITING_RUNNER, told)
        if self._short_of_room and line.executor == LOCAL:
            told = "waiting for room on the disk of the data directory"
            return Reason(ReasonCode.WAITING_DISK, told)
        if row.not_before and row.not_before > time.time():
            return _back_off(row)
        if cap := self._shares.full(caps(line, self._rules)):
            return self._capped(cap)
        if line.executor == NODE:
            return Reason(ReasonCode.WAITING_NODE, self._for_a_node(line))
        if line.gpu > self._gpus:
            told = f"waits for {_many(line.gpu, 'GPU')} ({self._gpus} of {len(self._slots.gpus)}"
            return Reason(ReasonCode.WAITING_GPUS, f"{told} free)")
        return self._in_line(row, line)

    def _for_a_node(self, line: LineRow) -> str:
        """Say that it waits for a node, and what keeps those there are from taking it."""
        known = nodes.everyone(self._connection)
        able = sum(suits(node, line) for node in known)
        if not known:
            return "waits for a node: none is registered"
        if not able:
            return f"waits for a node that suits it: {_many(len(known), 'other')} known"
        return f"waits for a node to take it: {_many(able, 'node')} could"

    def _capped(self, cap: Cap) -> Reason:
        running = f"{self._shares.running(cap.kind, cap.name)} of {cap.most} running"
        match cap.kind:
            case "batch":
                most = f"waiting for its batch, which runs at most {_many(cap.most)} at once"
                return Reason(ReasonCode.WAITING_BATCH, most)
            case "queue":
                told = f"waits for a slot in queue {cap.name} ({running})"
                return Reason(ReasonCode.WAITING_QUEUE, told)
            case "tool":
                told = f"waits for other jobs of {cap.name} ({running})"
                return Reason(ReasonCode.WAITING_TOOL, told)
            case _:
                told = f"waits for other jobs of {cap.name} ({running})"
                return Reason(ReasonCode.WAITING_OWNER, told)

    def _in_line(self, row: JobRow, line: LineRow) -> Reason:
        ahead = self._ahead(line.owner).get(row.pk)
        place = _place(ahead)
        others = {other.owner for other in self._here if other.priority >= line.priority}
        if others > {line.owner}:
            place = "it is the next of its owner" if ahead == 0 else f"{place} of its owner"
            told = f"waits for its turn: {place}, and other owners' jobs wait, too"
            return Reason(ReasonCode.WAITING_TURN, told)
        lacking = self._lacking(line)
        if ahead == 0 and lacking:
            return Reason(ReasonCode.WAITING_SLOTS, f"waits for {lacking}")
        return Reason(ReasonCode.WAITING_SLOTS, f"waiting for a free slot: {place}")

    def _lacking(self, line: LineRow) -> str:
        """Say what a job needs that is free in part only."""
        if 0 < self._free.cpu < line.cpu:
            return f"{line.cpu:g} cores ({self._free.cpu:g} of {self._slots.cpu:g} free)"
        if self._free.memory < line.memory:
            free = f"{show_bytes(self._free.memory)} of {show_bytes(self._slots.memory)}"
            return f"{show_bytes(line.memory)} of memory ({free} free)"
        return ""

    def _ahead(self, owner: str) -> dict[int, int]:
        """Return how many of an owner's jobs are ahead of each of the first ones."""
        if owner not in self._ranks:
            own = [line for line in self._here if line.owner == owner]
            self._ranks[owner] = facts.ranks(self._connection, own)
        return self._ranks[owner]


def _place(ahead: int | None) -> str:
    if ahead is None:
        return f"more than {facts.RANKS} jobs are ahead"
    return f"{_many(ahead)} {'is' if ahead == 1 else 'are'} ahead" if ahead else "it is next"


def _pending(row: JobRow, unmet: list[str]) -> Reason:
    if row.held:
        return Reason(ReasonCode.HELD, "held; release it to go on")
    if unmet:
        told = f"waits for {_many(len(unmet))}: {listed(unmet)}"
        return Reason(ReasonCode.WAITING_JOBS, told)
    if row.not_before and row.not_before > time.time():
        return _back_off(row)
    return Reason(ReasonCode.WAITING_SLOTS, "about to be queued")


def _back_off(row: JobRow) -> Reason:
    told = f"next try at {from_epoch(row.not_before)[11:19]} UTC"
    return Reason(ReasonCode.WAITING_RETRY, told)


def _many(number: int, what: str = "job") -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
