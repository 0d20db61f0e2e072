"""Choosing the jobs to run next: by priority, then age, as long as they fit."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Connection

from ..model.ids import new_id
from ..model.work import Lane
from ..store import queue as rows
from ..store import waiting
from ..store.jobs import JobRow

_LEAST_CPU = 1e-9  # less than this left of a core is a rounding error


class Claim:
    """One round: jobs get lanes of their own as long as they fit; further ones of a batch queue.

    `depths` says, by batch, how many jobs a lane may hold; other jobs are alone in theirs. A job
    that does not fit is passed over; but from then on nobody queues, so that a slot gets free.
    """

    def __init__(
        self, cpu: float, memory: int, limit: int, depths: Mapping[str, int], lanes: Iterable[Lane]
    ) -> None:
        self._cpu = cpu + _LEAST_CPU
        self._memory = memory
        self._left = limit
        self._depths = depths
        self._lanes = [msgspec.structs.replace(lane) for lane in lanes]
        self._lane_of: dict[int, str] = {}  # the jobs chosen
        self.rows: list[JobRow] = []  # their rows, in the order to start them
        self._running: Counter[int] = Counter()  # of batches that limit it
        self._full: set[int] = set()
        self._may_queue = True

    def choose(self, connection: Connection) -> dict[int, str]:
        """Choose; return the lanes of the chosen jobs by their pks."""
        if not self._is_open():
            return {}
        limit = self._left
        found = rows.runnable(connection, now=time.time(), limit=limit)
        self._take(connection, found)
        if len(found) < limit:  # that was the whole queue
            return self._lane_of
        while self._left > 0 and self._cpu > 2 * _LEAST_CPU:
            if not self._take(connection, self._fitting(connection)):
                break
        return self._lane_of

    def _is_open(self) -> bool:
        has_place = self._cpu > 2 * _LEAST_CPU or any(lane.room > 0 for lane in self._lanes)
        return has_place and self._left > 0

    def _fitting(self, connection: Connection) -> list[JobRow]:
        """Return the next jobs that fit one by one."""
        return rows.runnable(
            connection,
            cpu=self._cpu,
            memory=self._memory,
            now=time.time(),
            not_in=self._full,
            limit=self._left + len(self._lane_of),
        )

    def _take(self, connection: Connection, found: list[JobRow]) -> bool:
        """Choose among these; tell whether that changed anything."""
        before = (len(self._lane_of), len(self._full))
        self._count_running(connection, found)
        for row in found:
            if self._left > 0 and row.pk not in self._lane_of:
                self._place(row)
        return before != (len(self._lane_of), len(self._full))

    def _place(self, row: JobRow) -> None:
        limited = row.max_running if row.batch_pk else None
        if limited and self._running[row.batch_pk] >= limited:
            self._full.add(row.batch_pk)
            return
        lane = self._open_lane(row) or (None if limited else self._queue_up(row))
        if lane is None:
            self._may_queue = False
            return
        self._lane_of[row.pk] = lane
        self.rows.append(row)
        self._left -= 1
        if limited:
            self._running[row.batch_pk] += 1

    def _open_lane(self, row: JobRow) -> str | None:
        """Return a lane of its own if it fits."""
        if row.cpu > self._cpu or (row.memory or 0) > self._memory:
            return None
        self._cpu -= row.cpu
        self._memory -= row.memory or 0
        room = self._depths.get(row.batch, 1) - 1
        self._lanes.append(Lane(new_id(), row.batch or "", row.cpu, row.memory, room))
        return self._lanes[-1].name

    def _queue_up(self, row: JobRow) -> str | None:
        """Return the shortest lane of its like."""
        like = (row.batch, row.cpu, row.memory)
        lanes = [a for a in self._lanes if a.room > 0 and (a.batch, a.cpu, a.memory) == like]
        if not lanes or not self._may_queue:
            return None
        lane = max(lanes, key=lambda lane: lane.room)
        lane.room -= 1
        return lane.name

    def _count_running(self, connection: Connection, found: list[JobRow]) -> None:
        limited = {row.batch_pk for row in found if row.max_running and row.batch_pk}
        unknown = limited - self._running.keys()
        if unknown:
            known = waiting.active_in(connection, sorted(unknown))
            self._running.update({pk: known.get(pk, 0) for pk in unknown})
