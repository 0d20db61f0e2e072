"""Choosing the jobs to run next: by priority, owners taking turns, by age, as long as they fit.

docs/decisions/11-whose-turn.md says why.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from itertools import groupby

from sqlalchemy import Connection

from ..model.scheduling import Scheduling
from ..model.work import Free, Lane
from ..store import lines as rows
from ..store.jobs import JobRow
from ..store.lines import LineRow
from .room import Place, Room
from .shares import Shares, caps

_AT_ONCE = 100  # jobs of a line that are read together


class _Head:
    """A line, and the next of its jobs."""

    def __init__(
        self, connection: Connection, line: LineRow, rules: Scheduling, now: float
    ) -> None:
        self.line = line
        self.caps = tuple(caps(line, rules))
        self._connection = connection
        self._now = now
        self._read: deque[JobRow] = deque()
        self._last = 0

    @property
    def pk(self) -> int:
        """The pk of the job that is next; one whose back-off is not over may still be taken."""
        return int(self._read[0].pk if self._read else self.line.head)

    @property
    def job(self) -> JobRow | None:
        """The job that is next."""
        if not self._read:
            self._read.extend(
                rows.first(
                    self._connection, self.line.pk, _AT_ONCE, after=self._last, now=self._now
                )
            )
        return self._read[0] if self._read else None

    def advance(self) -> None:
        """Go on to the job after it."""
        self._last = self._read.popleft().pk


class Claim:
    """One round of choosing, and what came of it.

    A job that does not fit is passed over, for `rules.patience` seconds at most; from then on
    what it takes is kept free for it.
    """

    def __init__(
        self,
        free: Free,
        rules: Scheduling,
        limit: int,
        depths: Mapping[str, int],
        lanes: Iterable[Lane],
    ) -> None:
        self._rules = rules
        self._left = limit
        self._room = Room(free, depths, lanes)
        self._shares = Shares()
        self._now = time.time()
        self._blocked: list[_Head] = []  # lines whose first job fits nowhere now
        self._many = False  # whether several owners wait
        self._turns: dict[str, None] = {}
        self.rows: list[JobRow] = []  # the jobs chosen, in the order to start them
        self.places: dict[int, Place] = {}  # by their pks
        self.passed: dict[int, int | None] = {}  # what `store.lines.let_pass` is to note

    @property
    def turns(self) -> list[str]:
        """Whose turn it was, the latest last."""
        return list(self._turns) if self._many else []

    def choose(self, connection: Connection) -> None:
        """Choose among the jobs that wait."""
        if not self._room.open or self._left <= 0:
            return
        found = sorted(rows.waiting(connection), key=lambda line: -line.priority)
        self._look_around(connection, found)
        for _, group in groupby(found, key=lambda line: line.priority):
            if self._blocked:  # they come before all that follow, who shall not hold them up
                self._room.close_lanes()
            heads = [_Head(connection, line, self._rules, self._now) for line in group]
            kept = self._serve_due([head for head in heads if self._is_due(head)])
            self._in_turns([head for head in heads if head.line.pk not in kept])

    def _look_around(self, connection: Connection, found: list[LineRow]) -> None:
        """Read what caps and turns go by, if there are any."""
        self._many = len({line.owner for line in found}) > 1
        if self._many or any(True for line in found for _ in caps(line, self._rules)):
            active, turns = rows.active(connection), rows.turns(connection)
            self._shares = Shares(active, turns)

    def _is_due(self, head: _Head) -> bool:
        """Tell whether the first of a line has let others pass for long enough."""
        line = head.line
        is_first = line.passed_pk is not None and line.passed_pk == line.head
        return is_first and self._now - line.passed_since >= self._rules.patience

    def _serve_due(self, due: list[_Head]) -> set[int]:
        """Start the first of these lines before all others; return those room is kept for."""
        kept = set()
        for head in sorted(due, key=lambda head: float(head.line.passed_since)):
            if head.job is None or self._shares.full(head.caps):
                continue
            if self._left <= 0 or not self._start(head):
                self._room.keep(head.line)
                kept.add(head.line.pk)
        return kept

    def _in_turns(self, heads: list[_Head]) -> None:
        """Start jobs of one priority: of the owner whose turn it is, the oldest."""
        of_owner: dict[str, list[tuple[int, _Head]]] = {}
        for head in sorted(heads, key=lambda head: head.pk):
            of_owner.setdefault(head.line.owner, []).append((head.pk, head))
        turns = [self._standing(owner, queue) for owner, queue in of_owner.items()]
        heapify(turns)
        while turns and self._left > 0 and self._room.open:
            owner = heappop(turns)[-1]
            queue = of_owner[owner]
            _, head = heappop(queue)
            if self._go_on(head):
                heappush(queue, (head.pk, head))
            if queue:
                heappush(turns, self._standing(owner, queue))

    def _standing(self, owner: str, queue: list[tuple[int, _Head]]) -> tuple[float, int, int, str]:
        """Return what an owner's turn goes by, the least first; `queue` is a heap."""
        return (*self._shares.standing(owner), queue[0][0], owner)

    def _go_on(self, head: _Head) -> bool:
        """Start the next job of a line; tell whether more of it can follow."""
        if self._shares.full(head.caps):
            return False
        if self._room.suits(head.line):
            if head.job is None:
                return False
            if self._start(head):
                return head.job is not None
        self._blocked.append(head)
        self._room.close_older_lanes()
        return False

    def _start(self, head: _Head) -> bool:
        """Choose the next job of a line, if there is a place for it."""
        job, line = head.job, head.line
        assert job is not None
        place = self._room.take(job, line, alone=bool(head.caps))
        if place is None:
            return False
        self.rows.append(job)
        self.places[job.pk] = place
        self._left -= 1
        self._shares.start(line)
        self._turns.pop(line.owner, None)
        self._turns[line.owner] = None
        if place.opened:
            self._note_passing()
        if line.passed_pk is not None:
            self.passed[line.pk] = None
        head.advance()
        return True

    def _note_passing(self) -> None:
        """Somebody was started before those that did not fit."""
        for head in self._blocked:
            line = head.line
            if line.passed_pk != head.pk or line.passed_since > self._now:  # the clock was set back
                self.passed[line.pk] = head.pk
