"""What is free on the machine while jobs are chosen: cores, bytes, GPUs, places in lanes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from ..model.ids import new_id
from ..model.scheduling import Share
from ..model.work import Free, Lane
from ..store.jobs import JobRow
from ..store.lines import LineRow

_LEAST_CPU = 1e-9  # less than this left of a core is a rounding error


class Place(Struct, frozen=True):
    """Where a chosen job is to run."""

    lane: str
    gpus: tuple[str, ...] = ()
    opened: bool = True  # in slots of its own, not behind others, nor where light jobs alone may be


class Room:
    """The free share of the machine. Jobs get lanes of their own as long as they fit.

    `depths` says, by batch, how many jobs a lane may hold: further ones of it queue up, in new
    lanes and in `lanes`, which hold their share already.
    """

    def __init__(self, free: Free, depths: Mapping[str, int], lanes: Iterable[Lane]) -> None:
        self._cpu = free.cpu + _LEAST_CPU
        self._beside = free.beside + _LEAST_CPU
        self._memory = free.memory
        self._gpus = list(free.gpus)
        self._kept_gpus = 0
        self._depths = depths
        self._lanes = [msgspec.structs.replace(lane) for lane in lanes]
        self._older = {lane.name for lane in self._lanes}

    @property
    def open(self) -> bool:
        """Whether anybody could find a place."""
        some = max(self._cpu, self._beside) > 2 * _LEAST_CPU
        return some or any(lane.room > 0 for lane in self._lanes)

    def suits(self, line: LineRow) -> bool:
        """Tell whether a job of a line may find a place."""
        like = (line.cpu, line.memory)
        queues = any(a.room > 0 and (a.cpu, a.memory or 0) == like for a in self._lanes)
        return self._fits_beside(line) or self._fits(line) or queues

    def take(self, row: JobRow, line: LineRow, *, alone: bool) -> Place | None:
        """Return a place for a job, `alone` in its lane or behind others, if there is one."""
        if self._fits_beside(line):
            self._beside -= line.cpu
            return Place(new_id(), opened=False)
        if self._fits(line):
            return self._open_lane(row, line, alone=alone)
        lane = None if alone or line.gpu else self._lane_like(row)
        if lane is None:
            return None
        lane.room -= 1
        return Place(lane.name, opened=False)

    def keep(self, line: LineRow) -> None:
        """Keep free what one job of a line takes: nobody gets it in this round."""
        self._cpu -= line.cpu
        self._memory -= line.memory
        self._kept_gpus += line.gpu
        self.close_lanes()

    def close_older_lanes(self) -> None:
        """Let nobody queue up in lanes that were there before, so that their slots get free."""
        self._lanes = [lane for lane in self._lanes if lane.name not in self._older]

    def close_lanes(self) -> None:
        """Let nobody queue up any more."""
        self._lanes, self._depths = [], {}

    def _fits_beside(self, line: LineRow) -> bool:
        return line.cpu <= self._beside and Share(line.cpu, line.memory, line.gpu).light

    def _fits(self, line: LineRow) -> bool:
        return (
            line.cpu <= self._cpu
            and (not line.memory or line.memory <= self._memory)
            and (not line.gpu or line.gpu <= len(self._gpus) - self._kept_gpus)
        )

    def _open_lane(self, row: JobRow, line: LineRow, *, alone: bool) -> Place:
        self._cpu -= line.cpu
        self._memory -= line.memory
        gpus, self._gpus = tuple(self._gpus[: line.gpu]), self._gpus[line.gpu :]
        name = new_id()
        room = self._depths.get(row.batch, 1) - 1
        if room > 0 and not alone and not gpus:
            self._lanes.append(Lane(name, row.batch, row.cpu, row.memory, room))
        return Place(name, gpus)

    def _lane_like(self, row: JobRow) -> Lane | None:
        """Return the shortest lane that the job can queue up in."""
        like = (row.batch, row.cpu, row.memory)
        lanes = [a for a in self._lanes if a.room > 0 and (a.batch, a.cpu, a.memory) == like]
        return max(lanes, key=lambda lane: lane.room, default=None)
