"""Finishing an ended attempt: outputs, hashes, verdict. What takes long is done in a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from msgspec.structs import replace

from ..model.clock import from_epoch, now
from ..model.status import Stage, Status
from ..model.work import Change, Ended, FoundOutput, Reached
from ..service.leavings import Found
from . import environment
from .archive import archived
from .collect import collect, listed
from .executors import Exited
from .failure import Defect, one_alone
from .keeper.folders import LONGEST
from .limits import Limits, cut_logs, disk_used, log_size, note_unmatched
from .memory import OutOfMemoryWatch
from .room import because_full
from .spare import SpareFolders
from .staging import Plan
from .tail import hide, log_tail
from .verdict import Evidence, Verdict, judge

_THREADS = 2
_AT_ONCE = 1_000_000  # bytes that are hashed without a thread
_FILES_AT_ONCE = 100


class Finisher:
    """Turns ended attempts into `Ended` changes."""

    def __init__(self, wake: Callable[[], None], spares: SpareFolders) -> None:
        self._wake = wake
        self._spares = spares
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="collect")
        self._waiting: list[Future[Ended]] = []
        self._reached: deque[Reached] = deque()  # threads add to it
        self._oom = OutOfMemoryWatch()

    @property
    def busy(self) -> bool:
        """Whether some attempt is not finished yet."""
        return bool(self._waiting)

    def watch(self) -> None:
        """Keep an eye on the system. To be called again and again."""
        self._oom.look()

    def finish(self, one: Plan, exited: Exited, limits: Limits) -> Ended | None:
        """Return the attempt's end, None when `done` will."""
        if exited.logs is not None:
            return _ended(one, exited, Verdict(Status.SUCCEEDED), [])
        passed_on = self._passed_on(one, exited, limits)
        if passed_on is not None:
            return passed_on
        flood = _flood(one, limits)
        failed = exited.exit_code != 0 and exited.told is None
        struck = failed and self._oom.struck()
        try:
            with one_alone(one.key, "looking for its outputs"):
                found, missing, unmatched = collect(one)
                evidence = Evidence(missing, _excess(found, limits), struck, flood, (*unmatched,))
                self._spares.give(one.at.outputs)  # it was only made in case the job used it
        except Defect as defect:
            return _ended(one, exited, Verdict(Status.FAILED, defect.code, str(defect)), [])
        few = len(found) <= _FILES_AT_ONCE and sum(file.size for file in found) <= _AT_ONCE
        if few and one.work.archive is None:
            return _judged(one, exited, found, evidence)
        if not few:
            self._reached.append(_reached(one, Stage.COLLECTING))
        future = self._pool.submit(self._finished, one, exited, found, evidence)
        future.add_done_callback(lambda _: self._wake())
        self._waiting.append(future)
        return None

    def _passed_on(self, one: Plan, exited: Exited, limits: Limits) -> Ended | None:
        """Return the end of a function that left but its value and a few words of log.

        Its folder is passed on. None when more has to be looked at.
        """
        good = exited.exit_code == 0 and exited.told is None and not exited.exceeded
        if not (one.passing and good and (limits.log is None or limits.log >= LONGEST)):
            return None
        most = _AT_ONCE if limits.outputs is None else min(_AT_ONCE, limits.outputs)
        value = self._spares.take_value_out(one.at)
        if value is None or value.size > most:
            return None
        logs = self._spares.give_whole(one.at)
        if logs is None:
            return None
        return _judged(one, replace(exited, logs=logs), [value], Evidence([]))

    def saved(self) -> None:
        """Hear that all ends that were returned up to now are in the store."""
        self._spares.saved()

    def _finished(self, one: Plan, exited: Exited, found: list[Found], evidence: Evidence) -> Ended:
        ended = _judged(one, exited, found, evidence)
        if one.work.archive is None or ended.status is not Status.SUCCEEDED:
            return ended
        self._reached.append(_reached(one, Stage.ARCHIVING))
        self._wake()
        return archived(one, one.work.archive, ended)

    def done(self) -> list[Change]:
        """Return how far threads came since the last call, and what they have finished."""
        ready = [future for future in self._waiting if future.done()]
        self._waiting = [future for future in self._waiting if not future.done()]
        reached = [self._reached.popleft() for _ in range(len(self._reached))]
        return [*reached, *(future.result() for future in ready)]

    def close(self) -> None:
        """Let go of the threads; what they had begun is begun anew by the next runner."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _reached(one: Plan, stage: Stage) -> Reached:
    return Reached(one.work.id, one.work.attempt, now(), stage)


def _flood(one: Plan, limits: Limits) -> int:
    """Cut logs that are longer than they may be; return that limit, 0 when there are none."""
    if limits.log is None or log_size(one.at) <= limits.log:
        return 0
    cut_logs(one.at, limits.log)
    return limits.log


def _excess(found: list[Found], limits: Limits) -> int:
    """Return the limit that the outputs exceed, 0 when they keep to it."""
    if limits.outputs is None or disk_used(file.path for file in found) <= limits.outputs:
        return 0
    return limits.outputs


def _judged(one: Plan, exited: Exited, found: list[Found], evidence: Evidence) -> Ended:
    try:
        with one_alone(one.key, "finishing it"):
            verdict = because_full(one, exited, judge(one, exited, evidence))
            if verdict.status is Status.SUCCEEDED and evidence.unmatched:
                note_unmatched(one.at, evidence.unmatched)
            return _ended(one, exited, verdict, [*map(listed, found)])
    except Defect as defect:
        return _ended(one, exited, Verdict(Status.FAILED, defect.code, str(defect)), [])


def _ended(one: Plan, exited: Exited, verdict: Verdict, outputs: list[FoundOutput]) -> Ended:
    reason, tail = verdict.reason, None
    if verdict.status is Status.FAILED:
        secret = environment.shared(one.work)
        reason = hide(reason or "", secret)
        tail = hide(log_tail(one.at), secret) or None
    return Ended(
        job=one.work.id,
        attempt=one.work.attempt,
        status=verdict.status,
        time=from_epoch(exited.time),
        reason_code=verdict.code,
        reason=reason,
        exit_code=exited.exit_code,
        signal=exited.signal,
        peak_memory=exited.peak_memory,
        cpu_seconds=exited.cpu_seconds,
        duration=exited.duration,
        log_tail=tail,
        outputs=outputs,
        logs=exited.logs,
    )
