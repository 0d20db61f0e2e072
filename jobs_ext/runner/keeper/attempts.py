"""The attempts of one keeper: spawn, reap, end whole process trees, and say so in the journal."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

from . import processes
from .ahead import Ahead
from .attempt import Attempt, Exit, Moment, Stop, Unborn, present, waited_for
from .cgroups import Groups, find_home
from .folders import Folders
from .journal import Journal, Record
from .lanes import Order
from .register import Register
from .runs import Ended, Left, Runs, ToStop, Unmade, Unstarted
from .spawn import Environment, opened, why_not
from .starts import Begun, Refused, Starts
from .stops import Stops
from .warm import Born, Declined, Reaped, WarmParents

LEFTOVER_GRACE = 1.0  # seconds between SIGTERM and SIGKILL for what a job leaves behind
_AGAIN = 0.1  # seconds between two looks at a tree that is being killed
_RAN_BEFORE = "it ran before: the job store is older than the journal, as a backup would be"
_NOT_OF_OTHER_THREADS = 0x20000000  # __WNOTHREAD of <linux/wait.h>


class Attempts:
    """All live attempts of this process, which must be their subreaper."""

    def __init__(self, journal: Journal, known: set[str]) -> None:
        self._journal = journal
        self._register = Register(journal, known)
        self._by_pid: dict[int, Attempt] = {}  # whose main process runs, but for those of runs
        self._starts = Starts()
        self._warm = WarmParents()
        self._warm_pids: frozenset[int] = frozenset()  # as of the last look, for the runs
        self._ahead = Ahead(self._register, journal, self._warm)
        self._stops = Stops(self._register, self._ahead)
        self._groups = Groups(find_home())
        self._folders = Folders()
        self._runs = Runs(self._register, journal, self._folders, self._may_run, self._is_alone)
        self._left: list[str] = []  # lanes whose attempt is over
        self._children = processes.Children()

    @property
    def live(self) -> list[str]:
        """Keys of the attempts that are not over yet, those that wait in a lane included."""
        return self._register.keys

    @property
    def busy(self) -> bool:
        """Whether there are any."""
        return self._register.busy

    @property
    def running(self) -> bool:
        """Whether there are runs that start one attempt after another."""
        return self._runs.busy

    def fileno(self) -> int:
        """Return a descriptor that is readable when `reap` has something to do."""
        return self._warm.fileno()

    @property
    def wakeup(self) -> int:
        """A descriptor to read from: something came if `reap` has something to do."""
        return self._runs.wakeup

    def records(self) -> list[Record]:
        """Return the journal's records of the live attempts."""
        return self._register.records()

    def forget_ended(self) -> None:
        """Forget the keys of ended attempts: the store has them, nobody will send them again."""
        self._register.forget_ended()

    @property
    def starts_apart(self) -> bool:
        """Whether commands are started by threads of their own."""
        return self._starts.side_by_side

    @property
    def queueing(self) -> bool:
        """Whether any wait in a lane."""
        return bool(self._register.lanes.keys)

    def spawn(self, order: dict[str, Any], environment: Environment) -> None:
        """Start an attempt as soon as its lane is free, unless one of that key was ever started.

        Who orders one that is over does not know of its end, and is told that it can't run.
        """
        key = order["key"]
        if self._register.has(key):
            return
        if self._register.ran(key):
            self._failed(key, _RAN_BEFORE, None)
            return
        one, lane = Order(order, environment), order["lane"]
        if not self._register.lanes.enter(one):
            self._ahead.look(lane)
        elif not self._begin(one):
            self._go_on(lane)

    def withdraw(self, keys: list[str]) -> list[str]:
        """Let attempts wait no longer; return those that did: they were not started."""
        return self._ahead.take_back(keys) + self._register.lanes.withdraw(keys)

    def _go_on(self, lane: str) -> None:
        """Start the next attempt in a lane; one that can't be started ends there."""
        following = self._register.lanes.leave(lane)
        while following is not None and not self._begin(following):
            following = self._register.lanes.leave(lane)

    def _begin(self, one: Order) -> bool:
        """Start an attempt; tell whether it runs, or is going to."""
        return self._begin_unborn(self._register.intend(one))

    def _begin_unborn(self, unborn: Unborn) -> bool:
        unborn.intent["event"] = "intent"
        if not self._journal.append(unborn.intent):
            self._not_begun(unborn, None)
            return False
        return self._ask_warm(unborn) or self._begin_cold(unborn)

    def _ask_warm(self, unborn: Unborn) -> bool:
        order, environment = unborn.one
        if not order["parent"]:
            return False
        try:
            with opened(order) as files:
                if self._warm.order(order, environment.values, list(files)):
                    unborn.alive = os.dup(files[2])
                    return True
        except (OSError, ValueError):  # a cold start will say why
            pass
        return False

    def _begin_cold(self, unborn: Unborn) -> bool:
        order = unborn.one.order
        try:
            if order["folder"] is not None:
                self._folders.make(order["folder"])
        except OSError as error:
            self._not_begun(unborn, error)
            return False
        queueing = self._register.lanes.has_more(order["lane"])
        if not (queueing and self._runs.begin(unborn.one)):
            self._starts.begin(unborn.one)
        return True

    def _may_run(self, one: Order) -> bool:
        """Tell whether an attempt is one for runs: neither to be forked, nor in a group."""
        ungrouped = one.order.get("memory") is None or not self._groups.there
        return self._starts.side_by_side and not one.order["parent"] and ungrouped

    def _not_begun(self, unborn: Unborn, error: OSError | ValueError | None) -> None:
        """Tell that an attempt was not started; for want of a journal where there is no `error`."""
        order = unborn.one.order
        if error is None:
            error = self._journal.fault or OSError()
            why = f"the journal can't be written: {error.strerror}"
        else:
            why = why_not(error, order)
        self._failed(order["key"], why, getattr(error, "errno", None))
        del self._register.unborn[order["key"]]

    def _failed(self, key: str, why: str, errno: int | None) -> None:
        self._journal.hold({"event": "failed", "key": key, "error": why, "errno": errno})

    def stop(self, key: str, grace: float, told: dict[str, Any]) -> None:
        """End the whole tree of an attempt: SIGTERM, and SIGKILL after `grace` seconds.

        `told` says why; the first reason stands.
        """
        unborn = self._register.unborn.get(key)
        if unborn is not None:
            unborn.stop = unborn.stop or (grace, told)
            self._starts.stop(key, grace)
            self._runs.stop(key, grace)
        self._stops.ask(key, (grace, told))

    def _stop_born(self, attempt: Attempt, stop: Stop) -> None:
        self._stops.ask(attempt.key, stop)
        self._stop_now()  # its end is maybe what is heard next

    def _stop_now(self) -> None:
        for attempt in self._stops.begin():
            self._signal(attempt, signal.SIGTERM)

    def reap(self) -> None:
        """Take every exited child, attempts' main processes and orphans; start who comes next."""
        self._hear()
        for child in self._exits():
            if child.pid not in self._by_pid or child.pid in self._warm.pids:
                self._hear()  # it may have said something before it ended
            self._warm.was_reaped(child.pid)
            if child.pid in self._by_pid:
                self._exited(self._by_pid[child.pid], child, present())
        self._stop_now()
        self._fill()
        self._warm_pids = frozenset(self._warm.pids)

    def _exits(self) -> Iterator[Exit]:
        """Wait for what has ended: known processes, and what is a child of the first thread.

        The children of runs are waited for by these, those of starts when it is known whose.
        """
        for pid in list(self._by_pid):
            with contextlib.suppress(ChildProcessError):  # it is one of a warm parent
                child = waited_for(pid, os.WNOHANG)
                if child.pid:
                    yield child
        if sys.platform != "linux":
            return
        with contextlib.suppress(ChildProcessError):  # there is none at all
            while (child := waited_for(-1, os.WNOHANG | _NOT_OF_OTHER_THREADS)).pid:
                yield child

    def _hear(self) -> None:
        """Take what became of starts, and what runs and warm parents have to tell."""
        for outcome in self._starts.done():
            match outcome:
                case Begun(key, pid, start, since):
                    self._born(key, pid, start, since)
                case Refused(key, error):
                    unborn = self._register.unborn[key]
                    self._not_begun(unborn, error)
                    self._left.append(unborn.one.order["lane"])
        self._hear_runs()
        for news in self._warm.news():
            match news:
                case Born(key, pid, start, since):
                    self._born(key, pid, start, since)
                case Declined(key):
                    self._declined(key)
                case Reaped(key, status, maxrss, cpu, at):
                    attempt = self._register.live.get(key)
                    if attempt is not None and not attempt.exited:
                        self._exited(attempt, Exit(attempt.pid, status, maxrss * 1024, cpu), at)

    def _hear_runs(self) -> None:
        for news in self._runs.news():
            match news:
                case Left(lane):
                    self._left.append(lane)
                case Ended(attempt, how):
                    self._exited(attempt, how, present())
                case Unmade(key, error):
                    unborn = self._register.unborn[key]
                    self._not_begun(unborn, error)
                    self._left.append(unborn.one.order["lane"])
                case Unstarted(key):
                    self._start_again(self._register.unborn[key])
                case ToStop(attempt, stop):
                    self._by_pid[attempt.pid] = attempt
                    self._stop_born(attempt, stop)

    def _start_again(self, unborn: Unborn) -> None:
        self._starts.begin(unborn.one)
        if unborn.stop is not None:
            self.stop(unborn.one.order["key"], *unborn.stop)

    def _born(self, key: str, pid: int, start: float, since: Moment) -> None:
        unborn = self._register.unborn[key]
        unborn.close()
        attempt = self._register.born(key, pid, start, since)
        attempt.group = self._groups.hold(key, unborn.one.order.get("memory"), pid)
        if attempt.group is not None:
            attempt.records[-1]["held"] = True
        self._by_pid[pid] = attempt
        self._register.tell_born(attempt)
        if unborn.stop is not None:
            self._stop_born(attempt, unborn.stop)
        self._ahead.look(attempt.lane)

    def _declined(self, key: str) -> None:
        unborn = self._register.unborn[key]
        unborn.unlock()
        if self._ahead.has(unborn.one.order["lane"], key):
            return  # its time has not come
        if not self._begin_cold(unborn):
            self._left.append(unborn.one.order["lane"])
        elif unborn.stop is not None:
            self.stop(key, *unborn.stop)

    def _over(self, attempt: Attempt) -> None:
        if attempt.group is not None:
            attempt.group.remove()
        del self._register.live[attempt.key]
        if self._ahead.has(attempt.lane, attempt.key):  # the one before it is still being ended
            self._ahead.drop(attempt.lane, attempt.key)
        else:
            self._left.append(attempt.lane)

    def _fill(self) -> None:
        """Start what waited for attempts that are over; what it starts may end while it does."""
        left, self._left = self._left, []
        for lane in left:
            self._pass_on(lane)

    def _pass_on(self, lane: str) -> None:
        """Give a lane to who was made ready for it, or to who waits there."""
        key = self._ahead.pop(lane)
        unborn = self._register.unborn.get(key) if key is not None else None
        if key is None:
            self._go_on(lane)
        elif unborn is None:
            self._ahead.look(lane)
        elif unborn.ticket is None and not self._begin_unborn(unborn):  # no parent has it
            self._go_on(lane)

    def _exited(self, attempt: Attempt, how: Exit, at: Moment) -> None:
        self._by_pid.pop(attempt.pid, None)  # a run's is not there
        attempt.exited = True
        anyone = self._may_be_anyone(attempt)
        leftover = anyone and bool(self._members(attempt))
        record = attempt.exit_record(how, at, leftover=leftover)
        if attempt.folder and how.status == 0 and attempt.told is None and not anyone:
            record["logs"] = self._folders.take(attempt.folder)
        self._journal.hold(record)
        attempt.records.append(record)
        if leftover:
            self._end_leftover(attempt)
        else:
            self._over(attempt)

    def _may_be_anyone(self, attempt: Attempt) -> bool:
        """Tell whether anything of an ended main process may be left; quick when nothing is."""
        if sys.platform != "linux":
            return processes.group_exists(attempt.pid)
        return bool(self._orphans())

    def _end_leftover(self, attempt: Attempt) -> None:
        if attempt.told is None:
            self._signal(attempt, signal.SIGTERM)
        due = time.monotonic() + LEFTOVER_GRACE
        attempt.kill_at = due if attempt.kill_at is None else min(attempt.kill_at, due)

    def tick(self) -> float | None:
        """Go on ending trees; return the seconds until the next call is due, None if never."""
        for attempt in [a for a in list(self._register.live.values()) if a.exited]:
            if not self._members(attempt):
                self._journal.hold({"event": "cleared", "key": attempt.key})
                self._over(attempt)
        self._fill()
        self._end_strangers()
        parts = (self._stops, self._warm, self._starts, self._runs)
        due = (self._kill_due(), *(one.tick() for one in parts))
        return min((max(0.0, one) for one in due if one is not None), default=None)

    def _kill_due(self) -> float | None:
        """Kill those whose time has come; return the seconds until the next one's comes."""
        now = time.monotonic()
        told = [a for a in list(self._register.live.values()) if a.kill_at is not None]
        for attempt in told:
            if attempt.kill_at is not None and attempt.kill_at <= now:
                self._signal(attempt, signal.SIGKILL)
                attempt.kill_at = now + _AGAIN
        return min((a.kill_at - now for a in told if a.kill_at is not None), default=None)

    def _end_strangers(self) -> None:
        """Kill orphans that hid whose they were, when they can only be of ended attempts."""
        if self._register.busy:
            return
        for entry in filter(None, map(processes.find, self._orphans())):
            processes.send(entry, signal.SIGKILL)

    def _is_alone(self) -> bool:
        """Tell whether the keeper has no orphan. May be called in any thread."""
        return self._children.pids() <= self._warm_pids

    def _orphans(self) -> set[int]:
        """Return the children of the first thread, which gets all orphans, that are not known."""
        return self._children.pids() - self._by_pid.keys() - self._warm.pids

    def _members(self, attempt: Attempt) -> list[processes.Process]:
        """Return the running processes of an attempt: its subtree, and orphans that carry it."""
        everything = processes.table()
        entry = everything.get(attempt.pid)
        is_it = entry is not None and entry.start == attempt.start and not attempt.exited
        roots = {attempt.pid} if is_it else set()
        for pid in self._orphans() & everything.keys():
            below = [everything[one] for one in processes.subtree([pid], everything)]
            if any(attempt.owns(one) and not self._ahead.claims(attempt, one) for one in below):
                roots.add(pid)
        if sys.platform != "linux":
            roots |= {entry.pid for entry in everything.values() if entry.group == attempt.pid}
        found = (everything[pid] for pid in processes.subtree(roots, everything))
        return [entry for entry in found if not entry.zombie]

    def _signal(self, attempt: Attempt, number: int) -> None:
        for entry in self._members(attempt):
            processes.send(entry, number)
