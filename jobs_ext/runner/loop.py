"""The runner's loop: hear what happened, tell the service, see what can go on, start it."""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import time
from collections.abc import Callable, Iterable

from ..model.clock import now
from ..model.errors import DiskFull, StoreRefused, StoreUnavailable
from ..model.reasons import ReasonCode
from ..model.status import Status
from ..model.work import Change, Ended, Progressed, Released, Started, Work
from ..service import Service, Slots
from ..service.outbox import Message, Tried
from ..store.pokes import PokeReceiver
from .courier import Courier
from .executors import (
    Begun,
    Executor,
    ExecutorUnavailable,
    Exited,
    Happening,
    Launch,
    Lost,
    NotStarted,
    Unstarted,
    Why,
)
from .failure import CannotStart, one_alone
from .fetch import Fetcher, uris_of
from .finish import Finisher
from .housekeeping import Housekeeper
from .leases import Leases
from .limits import Limits, limits_of
from .live import HOLD_UP, Live, Lives, recorded_start, to_started
from .pace import Pace
from .room import Room
from .spare import SpareFolders
from .stager import Staged, Stager
from .staging import Plan, plan, stage
from .tail import log_tail
from .verdict import stopped

_SLOW_LOOK = 2.0  # seconds between looks at the store when no poke comes
_WATCH = 0.2  # seconds between looks at running attempts
_RETRY = 1.0  # seconds after the store or the executor could not be reached
_GATHER = 0.03  # seconds that starts may wait to be stored together with their ends
_NAP = 0.1  # seconds between looks at what happened, while others wait in their lanes
_GATHER_MANY = 0.25  # seconds in which ends are gathered then, unless a lane needs more jobs
_MOST_AT_ONCE = 500  # attempts claimed in one transaction
_FIRST = 4  # … while none waits in a lane
_CANCELLED = Why(ReasonCode.CANCELLED, "cancelled by the user")
_log = logging.getLogger(__name__)


class Runner:
    """Runs the jobs of one data directory on one executor."""

    def __init__(
        self,
        service: Service,
        executor: Executor,
        slots: Slots,
        limits: Limits,
        deliver: Callable[[Message], Tried],
        fetcher: Fetcher,
    ) -> None:
        self._queue = service.queue
        self._paths = service.paths
        self._executor = executor
        self._slots = slots
        self._limits = limits  # of jobs that do not say otherwise
        self._lives = Lives()
        self._pace = Pace()
        self._changes: list[Change] = []  # heard, and not stored yet
        self._tell_due = 0.0  # monotonic: when to store them at the latest
        self._watch_due = 0.0  # monotonic: when to look at running attempts
        self._bell, self._ringer = socket.socketpair()
        self._ringer.setblocking(False)
        self._bell.setblocking(False)
        self._room = Room(self._paths.root)
        self._spares = SpareFolders(self._paths.spare)
        self._stager = Stager(self.wake, self._spares, fetcher)
        self._finisher = Finisher(self.wake, self._spares)
        self._housekeeper = Housekeeper(service.trash, service.keeping, service.archives, self.wake)
        self._pokes = PokeReceiver(self._paths.runner_socket)
        self._look_due = 0.0  # monotonic: when to look at the store without having been poked
        self._last_work = time.monotonic()
        self._courier = Courier(service.outbox, deliver)
        self._leases = Leases(service.working, service.lease)

    def wake(self) -> None:
        """Make `turn` look at once. May be called from any thread and from a signal handler."""
        with contextlib.suppress(BlockingIOError):  # it has been rung enough
            self._ringer.send(b"!")

    @property
    def idle_for(self) -> float:
        """Seconds since there was last anything under way or anything to begin."""
        return time.monotonic() - self._last_work

    def close(self) -> None:
        """Let go; attempts go on, and the next runner finds them."""
        self._stager.close()
        self._finisher.close()
        self._housekeeper.close()
        self._courier.close()
        self._pokes.close()
        self._bell.close()
        self._ringer.close()
        try:
            self._executor.close(idle=not self._lives)
        except ExecutorUnavailable as error:
            _log.warning("%s", error)

    def recover(self) -> None:
        """Take over what an earlier runner left, but for what waits: that is begun anew."""
        active = self._queue.active()
        plans = {p.key: p for p in (self._plan(one.work) for one in active)}
        starts = dict(zip(plans, map(recorded_start, active), strict=True))
        for key, one in plans.items():
            self._lives.add(self._live(one, starts[key]))
        self._executor.recover(starts)
        self._executor.withdraw(key for key, start in starts.items() if start is None)

    def turn(self) -> None:
        """Wait until there is something to do, and do it."""
        poked = self._wait()
        try:
            self._hear()
            self._watch()
            told = self._tell()
            if poked or told or time.monotonic() >= self._look_due:
                self._pokes.stay_reachable()
                self._courier.poke(news=poked or told)
                self._go_on()
                self._leases.look(news=poked)
        except (StoreUnavailable, DiskFull, ExecutorUnavailable) as error:
            if isinstance(error, StoreRefused) or not self._paths.db.exists():
                raise  # nothing can be done here, or the data directory was removed
            _log.warning("trying again soon: %s", error)
            self._look_due = time.monotonic() + _RETRY
            time.sleep(_RETRY)
        tidying, telling = self._housekeeper.turn(), self._courier.busy
        waiting = telling or self._leases.any
        if tidying or waiting or self._lives or self._finisher.busy or self._changes:
            self._last_work = time.monotonic()

    def _wait(self) -> bool:
        """Return when something happened or is due; tell whether the store was changed.

        As long as others wait in the lanes, no slot is free for the next: the news is gathered.
        """
        poll = select.poll()
        queueing = self._lives.queueing
        line = None if queueing else self._executor.fileno()
        for descriptor in (self._pokes.fileno(), self._bell.fileno(), line):
            if descriptor is not None:
                poll.register(descriptor, select.POLLIN)
        poll.poll((_NAP if queueing else self._patience()) * 1000)
        with contextlib.suppress(BlockingIOError):  # nobody rang
            self._bell.recv(4096)
        return self._pokes.drain() > 0

    def _patience(self) -> float:
        present = time.monotonic()
        due = [self._look_due, self._lives.next_deadline() or self._look_due]
        if self._lives:
            due.append(self._watch_due)
        if self._changes:
            due.append(self._tell_due)
        return max(0.0, min(due) - present)

    def _hear(self) -> None:
        """Take what the executor and the threads have to tell."""
        untold = bool(self._changes)
        for one, staged in self._stager.done():
            self._take_staged(one, staged)
        for happening in self._executor.poll():
            self._take(happening)
        self._changes += self._finisher.done()
        if self._changes and not untold:
            gather = _GATHER_MANY if self._lives.queueing else _GATHER
            self._tell_due = time.monotonic() + gather

    def _take_staged(self, one: Plan, staged: Staged) -> None:
        """Start what was made ready in a thread; end what can't be, or was stopped meanwhile."""
        if isinstance(staged, Launch):
            self._executor.submit([staged])
            return
        self._lives.remove(one.key)
        if isinstance(staged, Why):
            self._changes.append(_stopped(one, staged))
        else:
            self._changes.append(_failed(one.work, staged.code, str(staged)))

    def _take(self, happening: Happening) -> None:
        live = self._lives.get(happening.key)
        if live is None:
            return
        match happening:
            case Begun():
                live.begun = happening
                self._changes.append(to_started(live, happening))
                return
            case Exited():
                self._exited(live, happening)
            case Unstarted():
                self._changes.append(Released(live.plan.work.id, live.plan.work.attempt))
            case NotStarted(why=why, code=code):
                self._changes.append(_unseen(live, code, why))
            case Lost(why=why):
                self._changes.append(_unseen(live, ReasonCode.LOST, why))
        self._lives.remove(happening.key)

    def _exited(self, live: Live, exited: Exited) -> None:
        if live.plan.work.batch is not None:
            self._pace.note(live.plan.work.batch, exited.duration)
        ended = self._finisher.finish(live.plan, exited, live.limits)
        if ended is None or ended.logs is None:  # else it left nothing that could say how far it is
            self._note_progress(live)
        self._changes += [] if ended is None else [ended]

    def _note_progress(self, live: Live) -> None:
        news = live.progressed()
        if news is not None:
            self._changes.append(news)

    def _watch(self) -> None:
        """Look at what is running: how far it is, and whether it keeps to its limits."""
        due = min(self._watch_due, self._lives.next_deadline() or self._watch_due)
        if time.monotonic() < due:
            return
        self._watch_due = time.monotonic() + _WATCH
        self._finisher.watch()
        for live in self._lives:
            if live.begun is not None:
                self._note_progress(live)
        for live, why in self._lives.offenders():
            self._stop(live, why)
        self._take_back()

    def _take_back(self) -> None:
        """Let those go on elsewhere whom a slow attempt holds up."""
        held_up = [live.plan for live in self._lives.held_up()]
        for batch in {one.work.batch for one in held_up if one.work.batch}:
            self._pace.note(batch, HOLD_UP)
        if held_up:
            self._executor.withdraw(one.key for one in held_up)
            self.wake()  # there is something to poll

    def _stop(self, live: Live, why: Why) -> None:
        if live.stopping:
            return
        live.stopping = True
        if not self._stager.stop(live.plan.key, why):
            self._executor.stop(live.plan.key, why, live.limits.grace)
        self.wake()  # one that had not begun is over already

    def _tell(self) -> bool:
        """Store what was heard, unless that can wait; tell whether it was done."""
        if not self._changes:
            return False
        if time.monotonic() < self._tell_due and self._can_wait():
            return False
        self._queue.apply(self._changes)
        self._changes = []
        self._finisher.saved()
        if not self._finisher.busy:
            self._executor.tidy()
        return True

    def _can_wait(self) -> bool:
        """Tell whether nobody needs what was heard: no slot is free, and no lane half empty."""
        if self._lives.queueing:
            return not any(self._lives.lanes(self._pace.depths()))
        return all(isinstance(change, Started | Progressed) for change in self._changes)

    def _go_on(self) -> None:
        """Let jobs go on, stop cancelled ones, and start what fits.

        To make the jobs of cancelled batches is no reason to stay when nobody is there: the next
        runner goes on with it.
        """
        seen = self._queue.glance()
        made = self._queue.materialize() if seen.unmade or seen.called_off else 0
        moved = self._queue.promote() if seen.pending else 0
        self._cancel(f"{job}/{attempt}" for job, attempt in seen.cancels)
        claimed = self._claim_all()
        if (made and seen.unmade) or moved or claimed:
            self._last_work = time.monotonic()
        self._look_due = time.monotonic() + (0.0 if made or moved else self._until_due(seen.due))

    def _cancel(self, keys: Iterable[str]) -> None:
        """Stop attempts; those that wait in lanes all at once, before more of them begin."""
        found = [self._lives.get(key) for key in keys]
        lives = [live for live in found if live is not None and not live.stopping]
        self._executor.withdraw(live.plan.key for live in lives if live.begun is None)
        for live in lives:
            self._stop(live, _CANCELLED)

    def _until_due(self, due: float | None) -> float:
        """Return the seconds until the store should be looked at again, a back-off's end known."""
        if due is None:
            return _SLOW_LOOK
        self._last_work = time.monotonic()  # a retry is to come: not idle
        return min(_SLOW_LOOK, max(0.0, due - time.time()))

    def _claim_all(self) -> bool:
        """Start whoever finds a place: few at first, which run while more are made ready."""
        most = _MOST_AT_ONCE if self._lives.queueing else _FIRST
        claimed = self._claim(most)
        some = claimed > 0
        while claimed == most < _MOST_AT_ONCE:
            most = min(2 * most, _MOST_AT_ONCE)
            claimed = self._claim(most)
        return some

    def _claim(self, most: int) -> int:
        """Start at most so many that wait; return how many were claimed."""
        if self._room.is_short() or not self._executor.takes_more:
            return 0
        free = self._slots.left(self._lives.shares(), self._lives.gpus())
        depths = self._pace.depths()
        lanes = self._lives.lanes(depths)
        claimed = self._queue.claim(free, most, depths, lanes)
        launches = []
        for work in claimed:
            try:
                with one_alone(work.id, "making it ready"):
                    one = self._plan(work)
                    if any(uris_of(work)):
                        self._stager.begin(one)
                    else:
                        launches.append(stage(one, self._spares))
            except CannotStart as error:
                self._changes.append(_failed(work, error.code, str(error)))
            else:
                self._lives.add(self._live(one))
        if launches:
            self._executor.submit(launches)
        return len(claimed)

    def _live(self, one: Plan, begun: Begun | None = None) -> Live:
        return Live(one, limits_of(one.work, one.tool, self._limits), begun)

    def _plan(self, work: Work) -> Plan:
        return plan(work, self._paths.attempt(work.id, work.attempt))


def _failed(work: Work, code: ReasonCode, reason: str, tail: str = "") -> Ended:
    return Ended(work.id, work.attempt, Status.FAILED, now(), code, reason, log_tail=tail or None)


def _stopped(one: Plan, why: Why) -> Ended:
    """Return the end of an attempt that was stopped, and of which nobody knows more."""
    verdict = stopped(why.code, why.sentence)
    return Ended(one.work.id, one.work.attempt, verdict.status, now(), verdict.code, verdict.reason)


def _unseen(live: Live, code: ReasonCode, why: str) -> Ended:
    """Return the end of an attempt that nobody saw; one that was being cancelled is cancelled."""
    one = live.plan
    if live.stopping or one.work.cancel_requested:
        return _stopped(one, _CANCELLED)
    return _failed(one.work, code, why, log_tail(one.at))
