"""The attempts under way, as the runner watches them: progress, limits, what they hold."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..model.clock import from_epoch, to_epoch
from ..model.reasons import (
    ReasonCode,
    log_sentence,
    memory_sentence,
    output_sentence,
    time_sentence,
)
from ..model.scheduling import Share
from ..model.work import ActiveWork, Lane, Progressed, Started
from .executors import Begun, Why
from .keeper import processes
from .limits import FolderSize, Limits, cut_logs, log_size
from .memory import used_more_than
from .progress import ProgressFile
from .staging import Plan

_YOUNG = 1.0  # seconds: until then an attempt's memory is not looked at
_MEMORY_EVERY = 1.0  # seconds between two looks at the process table
HOLD_UP = 0.5  # seconds: those who wait behind an attempt that runs longer are taken back


@dataclass
class Live:
    """One attempt that was handed to an executor and has not ended."""

    plan: Plan
    limits: Limits
    begun: Begun | None = None
    stopping: bool = False  # the executor was asked to end it

    @cached_property
    def progress(self) -> ProgressFile:
        """Where it says how far it is."""
        return ProgressFile(self.plan.at.progress)

    @cached_property
    def files(self) -> FolderSize:
        """The files it makes."""
        at = self.plan.at
        own = [at.work, at.steps] if self.plan.private else []
        return FolderSize([at.outputs, *own])

    @property
    def deadline(self) -> float | None:
        """When it has run too long (monotonic), None when it may run on."""
        limit = self.plan.work.timeout
        if limit is None or self.begun is None or self.stopping:
            return None
        return self.begun.monotonic + limit

    def excess(self, *, old: bool) -> Why | None:
        """Return why it has to end for what it wrote; files are looked at when it is `old`."""
        limits, at = self.limits, self.plan.at
        if limits.log is not None and log_size(at) > limits.log:
            cut_logs(at, limits.log)
            return Why(ReasonCode.LOG_LIMIT, f"killed: {log_sentence(limits.log)}")
        if old and limits.outputs is not None and self.files.look() > limits.outputs:
            return Why(ReasonCode.OUTPUT_LIMIT, f"killed: {output_sentence(limits.outputs)}")
        return None

    def progressed(self) -> Progressed | None:
        """Return what it said of its progress since the last call."""
        news = self.progress.news()
        work = self.plan.work
        return None if news is None else Progressed(work.id, work.attempt, news)


class Lives:
    """All of them, by key and by lane, and the share of the machine they hold."""

    def __init__(self) -> None:
        self._by_key: dict[str, Live] = {}
        self._by_lane: dict[str, dict[str, Live]] = {}
        self._memory_due = 0.0

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[Live]:
        return iter(list(self._by_key.values()))

    def add(self, live: Live) -> None:
        """Begin to watch."""
        self._by_key[live.plan.key] = live
        self._by_lane.setdefault(live.plan.lane, {})[live.plan.key] = live

    def get(self, key: str) -> Live | None:
        """Return an attempt under way."""
        return self._by_key.get(key)

    def remove(self, key: str) -> None:
        """Stop watching; its share is free when nobody waits for it in its lane."""
        live = self._by_key.pop(key)
        lane = self._by_lane[live.plan.lane]
        del lane[key]
        if not lane:
            del self._by_lane[live.plan.lane]

    def gpus(self) -> set[str]:
        """Return the GPUs that are theirs."""
        return {gpu for live in self for gpu in live.plan.work.gpus}

    def shares(self) -> Iterator[Share]:
        """Yield what each lane holds of the machine: all of a lane hold the same, in turns."""
        for lane in self._by_lane.values():
            work = next(iter(lane.values())).plan.work
            yield Share(work.cpu, work.memory or 0, len(work.gpus))

    @property
    def queueing(self) -> bool:
        """Whether any attempt waits for another in its lane."""
        return len(self._by_key) > len(self._by_lane)

    def lanes(self, depths: Mapping[str, int]) -> Iterator[Lane]:
        """Yield the lanes that are half empty; `depths` says how many each holds, by batch."""
        for name, lane in self._by_lane.items():
            work = next(iter(lane.values())).plan.work
            depth = depths.get(work.batch or "", 1)
            room = depth - len(lane)
            if work.batch and room * 2 >= depth:
                yield Lane(name, work.batch, work.cpu, work.memory, room)

    def held_up(self) -> Iterator[Live]:
        """Yield the attempts that wait behind one that runs longer than was to be expected."""
        since = time.monotonic() - HOLD_UP
        for lane in self._by_lane.values():
            running = [live.begun for live in lane.values() if live.begun is not None]
            if any(begun.monotonic < since for begun in running):
                yield from (live for live in lane.values() if live.begun is None)

    def next_deadline(self) -> float | None:
        """Return the earliest deadline (monotonic)."""
        deadlines = [live.deadline for live in self if live.deadline is not None]
        return min(deadlines, default=None)

    def offenders(self) -> Iterator[tuple[Live, Why]]:
        """Yield the attempts that ran too long, wrote too much, or use too much memory."""
        now = time.monotonic()
        for live in self:
            if live.begun is None:
                continue
            if live.deadline is not None and live.deadline <= now:
                limit = live.plan.work.timeout or 0.0
                yield live, Why(ReasonCode.TIME_LIMIT, time_sentence(limit))
            excess = live.excess(old=now - live.begun.monotonic >= _YOUNG)
            if excess is not None:
                yield live, excess
        yield from self._greedy(now)

    def _greedy(self, now: float) -> Iterator[tuple[Live, Why]]:
        if now < self._memory_due:
            return
        self._memory_due = now + _MEMORY_EVERY
        limited = [live for live in self if _is_looked_at(live, now)]
        everything = processes.table() if limited else {}
        for live in limited:
            limit, begun = live.plan.work.memory, live.begun
            if limit is not None and begun is not None:
                used = used_more_than(limit, begun, everything)
                if used:
                    yield live, Why(ReasonCode.OUT_OF_MEMORY, memory_sentence(used, limit))


def _is_looked_at(live: Live, now: float) -> bool:
    begun = live.begun
    if begun is None or begun.held or live.stopping or live.plan.work.memory is None:
        return False
    return now - begun.monotonic >= _YOUNG


def to_started(live: Live, begun: Begun) -> Started:
    """Return the change that tells the service of a start."""
    return Started(
        job=live.plan.work.id,
        attempt=live.plan.work.attempt,
        time=from_epoch(begun.time),
        pid=begun.pid,
        process_start=begun.process_start,
        monotonic=begun.monotonic,
        boot_id=begun.boot_id,
        host=begun.host,
    )


def recorded_start(active: ActiveWork) -> Begun | None:
    """Return the start that the store knows of an attempt."""
    started = active.started
    if started is None:
        return None
    return Begun(
        key=f"{started.job}/{started.attempt}",
        time=to_epoch(started.time),
        pid=started.pid,
        process_start=started.process_start,
        monotonic=started.monotonic,
        boot_id=started.boot_id,
        host=started.host,
    )
