"""The attempts of one keeper: spawn, reap, end whole process trees, and say so in the journal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import processes
from .cgroups import Group, Groups, find_home
from .folders import Folders
from .journal import Journal, Record
from .lanes import Lanes, Order
from .spawn import Environment, opened, why_not
from .starts import Begun, Exit, Moment, Refused, Starts, present
from .warm import Born, Declined, Reaped, WarmParents

LEFTOVER_GRACE = 1.0  # seconds between SIGTERM and SIGKILL for what a job leaves behind
_STARTS_HELD = 0.005  # seconds that the news of a start may wait for that of the end
_NO_ROOM = 1 << 16  # bytes: with less than this left on a disk, a write has failed
_AGAIN = 0.1  # seconds between two looks at a tree that is being killed
_RAN_BEFORE = "it ran before: the job store is older than the journal, as a backup would be"
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass
class Attempt:
    """One spawned attempt, until its last process is gone."""

    key: str
    lane: str
    pid: int  # of its main process
    start: float  # of that: with its pid, who it is
    alive: str  # a file it holds open as long as any of it lives
    folder: str | None  # its own, when it was made here
    records: list[Record]  # its part of the journal, for a rotation
    monotonic: float
    group: Group | None = None  # what holds it to its memory
    told: dict[str, Any] | None = None  # why it was told to stop: code and sentence
    exited: bool = False  # its main process has; the rest is being ended
    kill_at: float | None = None  # monotonic time of the next SIGKILL


@dataclass
class Unborn:
    """An attempt that is being started, until its process is there."""

    one: Order
    intent: Record
    alive: int | None = None  # of a warm parent's: its `alive` file, to free should it not be born
    stop: tuple[float, dict[str, Any]] | None = None  # it is to be stopped: grace, and why


class Attempts:
    """All live attempts of this process, which must be their subreaper."""

    def __init__(self, journal: Journal, known: set[str]) -> None:
        self._journal = journal
        self._known = known  # every key there was an intent for: none is spawned twice
        self._live: dict[str, Attempt] = {}
        self._by_pid: dict[int, Attempt] = {}  # attempts whose main process runs
        self._unborn: dict[str, Unborn] = {}
        self._starts = Starts()
        self._warm = WarmParents()
        self._groups = Groups(find_home())
        self._lanes = Lanes()
        self._folders = Folders()
        self._left: list[str] = []  # lanes whose attempt is over
        self._children = processes.Children()
        self._host = socket.gethostname()

    @property
    def live(self) -> list[str]:
        """Keys of the attempts that are not over yet, those that wait in a lane included."""
        return [*self._live, *self._unborn, *self._lanes.keys]

    @property
    def busy(self) -> bool:
        """Whether there are any."""
        return bool(self._live or self._unborn or self._lanes.keys)

    def fileno(self) -> int:
        """Return a descriptor that is readable when `reap` has something to do."""
        return self._warm.fileno()

    def records(self) -> list[Record]:
        """Return the journal's records of the live attempts."""
        begun = [record for attempt in self._live.values() for record in attempt.records]
        return begun + [unborn.intent for unborn in self._unborn.values()]

    def forget_ended(self) -> None:
        """Forget the keys of ended attempts: the store has them, nobody will send them again."""
        self._known = {*self._live, *self._unborn}

    @property
    def queueing(self) -> bool:
        """Whether any wait in a lane."""
        return bool(self._lanes.keys)

    def spawn(self, order: dict[str, Any], environment: Environment) -> None:
        """Start an attempt as soon as its lane is free, unless one of that key was ever started.

        Who orders one that is over does not know of its end, and is told that it can't run.
        """
        key = order["key"]
        if key in self._live or key in self._unborn or key in self._lanes.keys:
            return
        if key in self._known:
            self._failed(key, _RAN_BEFORE, None)
            return
        one = Order(order, environment)
        if self._lanes.enter(one) and not self._begin(one):
            self._go_on(order["lane"])

    def withdraw(self, keys: list[str]) -> list[str]:
        """Let attempts wait no longer; return those that did: they were not started."""
        return self._lanes.withdraw(keys)

    def _go_on(self, lane: str) -> None:
        """Start the next attempt in a lane; one that can't be started ends there."""
        following = self._lanes.leave(lane)
        while following is not None and not self._begin(following):
            following = self._lanes.leave(lane)

    def _begin(self, one: Order) -> bool:
        """Start an attempt; tell whether it runs, or is going to."""
        key = one.order["key"]
        self._known.add(key)
        intent: Record = {"event": "intent", "key": key}
        if not self._journal.append(intent):
            fault = self._journal.fault
            why = f"the journal can't be written: {fault.strerror if fault else ''}"
            self._failed(key, why, fault.errno if fault else None)
            return False
        return self._ask_warm(one, intent) or self._begin_cold(one, intent)

    def _ask_warm(self, one: Order, intent: Record) -> bool:
        if not one.order["parent"]:
            return False
        try:
            with opened(one.order) as files:
                if self._warm.order(one.order, one.environment.values, list(files)):
                    self._unborn[one.order["key"]] = Unborn(one, intent, os.dup(files[2]))
                    return True
        except (OSError, ValueError):  # a cold start will say why
            pass
        return False

    def _begin_cold(self, one: Order, intent: Record) -> bool:
        order = one.order
        try:
            if order["folder"] is not None:
                self._folders.make(order["folder"])
        except OSError as error:
            self._refused(order, error)
            return False
        self._unborn[order["key"]] = Unborn(one, intent)
        self._starts.begin(one)
        return True

    def _refused(self, order: dict[str, Any], error: OSError | ValueError) -> None:
        self._failed(order["key"], why_not(error, order), getattr(error, "errno", None))

    def _failed(self, key: str, why: str, errno: int | None) -> None:
        self._journal.hold({"event": "failed", "key": key, "error": why, "errno": errno})

    def _started(self, one: Order, intent: Record, pid: int, start: float, since: Moment) -> None:
        key, lane, alive, folder = (one.order[n] for n in ("key", "lane", "alive", "folder"))
        attempt = Attempt(key, lane, pid, start, alive, folder, [intent], since.monotonic)
        record: Record = {
            "event": "started",
            "key": key,
            "pid": pid,
            "start": start,
            "monotonic": since.monotonic,
            "time": since.time,
            "boot": processes.boot_id(),
            "host": self._host,
        }
        attempt.group = self._groups.hold(key, one.order.get("memory"), pid)
        if attempt.group is not None:
            record["held"] = True
        attempt.records.append(record)
        self._live[key] = self._by_pid[pid] = attempt
        self._journal.hold(record, _STARTS_HELD)

    def stop(self, key: str, grace: float, told: dict[str, Any]) -> None:
        """End the whole tree of an attempt: SIGTERM, and SIGKILL after `grace` seconds.

        `told` says why; the first reason stands.
        """
        if key in self._unborn:
            self._unborn[key].stop = self._unborn[key].stop or (grace, told)
            self._starts.stop(key, grace)
        attempt = self._live.get(key)
        if attempt is None or attempt.told is not None:
            return
        attempt.told = told
        self._signal(attempt, signal.SIGTERM)
        attempt.kill_at = time.monotonic() + grace

    def reap(self) -> None:
        """Take every exited child, attempts' main processes and orphans; start who comes next."""
        for child in _exits():
            if child.pid not in self._by_pid or child.pid in self._warm.pids:
                self._hear()  # it may have said something before it ended
            self._warm.was_reaped(child.pid)
            if child.pid in self._by_pid:
                self._ended(child)
            else:
                self._starts.keep(child)
        self._hear()
        self._fill()

    def _ended(self, child: Exit) -> None:
        usage = child.usage
        cpu, maxrss = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _MAXRSS_UNIT
        self._exited(self._by_pid[child.pid], child.status, maxrss, cpu)

    def _hear(self) -> None:
        """Take what became of starts, and what warm parents have to tell."""
        for outcome in self._starts.done():
            match outcome:
                case Begun(key, pid, start, since, ended):
                    self._born(key, pid, start, since)
                    if ended is not None:
                        self._ended(ended)
                case Refused(key, error):
                    one = self._unborn.pop(key).one
                    self._refused(one.order, error)
                    self._left.append(one.order["lane"])
        for news in self._warm.news():
            match news:
                case Born(key, pid, start):
                    self._born(key, pid, start, present())
                case Declined(key):
                    self._declined(key)
                case Reaped(key, status, maxrss, cpu):
                    attempt = self._live.get(key)
                    if attempt is not None and not attempt.exited:
                        self._exited(attempt, status, maxrss * _MAXRSS_UNIT, cpu)

    def _born(self, key: str, pid: int, start: float, since: Moment) -> None:
        unborn = self._unborn.pop(key)
        if unborn.alive is not None:
            os.close(unborn.alive)
        self._started(unborn.one, unborn.intent, pid, start, since)
        if unborn.stop is not None:
            self.stop(key, *unborn.stop)

    def _declined(self, key: str) -> None:
        unborn = self._unborn.pop(key)
        assert unborn.alive is not None
        fcntl.flock(unborn.alive, fcntl.LOCK_UN)  # its parent may not have closed it yet
        os.close(unborn.alive)
        if not self._begin_cold(unborn.one, unborn.intent):
            self._left.append(unborn.one.order["lane"])
        elif unborn.stop is not None:
            self.stop(key, *unborn.stop)

    def _over(self, attempt: Attempt) -> None:
        if attempt.group is not None:
            attempt.group.remove()
        del self._live[attempt.key]
        self._left.append(attempt.lane)

    def _fill(self) -> None:
        """Start what waited for attempts that are over; what it starts may end while it does."""
        left, self._left = self._left, []
        for lane in left:
            self._go_on(lane)

    def _exited(self, attempt: Attempt, status: int, maxrss: int, cpu: float) -> None:
        code = os.waitstatus_to_exitcode(status)
        del self._by_pid[attempt.pid]
        attempt.exited = True
        anyone = self._may_be_anyone(attempt)
        leftover = anyone and bool(self._members(attempt))
        record = {
            "event": "exited",
            "key": attempt.key,
            "code": code if code >= 0 else None,
            "signal": -code if code < 0 else None,
            "maxrss": maxrss,
            "cpu": cpu,
            "duration": time.monotonic() - attempt.monotonic,
            "time": time.time(),
            "told": attempt.told,
            "leftover": leftover,
        }
        if code:
            record["full"] = _is_full(attempt.alive)
        if attempt.group is not None:
            record["maxrss"] = max(maxrss, attempt.group.peak)
            record["exceeded"] = attempt.group.exceeded
        if attempt.folder and code == 0 and attempt.told is None and not anyone:
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
        for attempt in [a for a in self._live.values() if a.exited]:
            if not self._members(attempt):
                self._journal.hold({"event": "cleared", "key": attempt.key})
                self._over(attempt)
        self._fill()
        now = time.monotonic()
        for attempt in self._live.values():
            if attempt.kill_at is not None and attempt.kill_at <= now:
                self._signal(attempt, signal.SIGKILL)
                attempt.kill_at = now + _AGAIN
        if not self._live and not self._unborn:
            self._end_strangers()
        due = [a.kill_at - now for a in self._live.values() if a.kill_at is not None]
        later = (self._warm.tick(), self._starts.tick())
        due += [seconds for seconds in later if seconds is not None]
        return max(0.0, min(due)) if due else None

    def _end_strangers(self) -> None:
        """Kill orphans that hid whose they were; now they can only be of ended attempts."""
        for pid in self._orphans():
            entry = processes.find(pid)
            if entry is not None:
                processes.send(entry, signal.SIGKILL)

    def _orphans(self) -> set[int]:
        """Return the children of the keeper that are neither an attempt's main process nor ours.

        Those of its other threads are not among them: the system gives orphans to the first one.
        """
        return self._children.pids() - self._by_pid.keys() - self._warm.pids

    def _members(self, attempt: Attempt) -> list[processes.Process]:
        """Return the running processes of an attempt: its subtree, and orphans that carry it."""
        everything = processes.table()
        main = attempt.pid
        entry = everything.get(main)
        is_it = entry is not None and entry.start == attempt.start and not attempt.exited
        roots = {main} if is_it else set()
        for pid in self._orphans() & everything.keys():
            below = processes.subtree([pid], everything)
            if any(_belongs(everything[one], attempt) for one in below):
                roots.add(pid)
        if sys.platform != "linux":
            roots |= {entry.pid for entry in everything.values() if entry.group == main}
        found = (everything[pid] for pid in processes.subtree(roots, everything))
        return [entry for entry in found if not entry.zombie]

    def _signal(self, attempt: Attempt, number: int) -> None:
        for entry in self._members(attempt):
            processes.send(entry, number)


def _exits() -> Iterator[Exit]:
    """Reap every child that has exited."""
    with contextlib.suppress(ChildProcessError):  # there is no child at all
        while (ended := Exit(*os.wait4(-1, os.WNOHANG))).pid:
            yield ended


def _belongs(entry: processes.Process, attempt: Attempt) -> bool:
    return (
        attempt.pid in (entry.session, entry.group)
        or processes.carries(entry.pid, processes.marks_of(attempt.key))
        or processes.holds(entry.pid, os.path.realpath(attempt.alive))
    )


def _is_full(file: str) -> bool:
    """Tell whether no room is left on the disk of a file: its end may be told much later."""
    try:
        disk = os.statvfs(file)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _NO_ROOM
