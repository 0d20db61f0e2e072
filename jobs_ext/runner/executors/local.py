"""The local executor: hands attempts to the keeper and reads in the journal what became of them."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from ...model.reasons import ReasonCode
from ...store.faults import FULL
from ...store.paths import Paths
from ..keeper import PROTOCOL, processes
from ..keeper.client import KeeperClient, KeeperGone
from ..keeper.journal import JournalReader, Record
from . import (
    Begun,
    ExecutorUnavailable,
    Exited,
    Happening,
    Launch,
    Lost,
    NotStarted,
    Unstarted,
    Why,
)
from .survivors import end_survivors

_LARGE = 4_000_000  # bytes of journal that are worth a rotation
_log = logging.getLogger(__name__)


class LocalExecutor:
    """Runs attempts as processes of this machine."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._keeper: KeeperClient | None = None
        self._reader = JournalReader(paths.journal)
        self._foreign = False  # the keeper speaks another protocol: it ends what it has
        self._watched: dict[str, _Watched] = {}

    def fileno(self) -> int | None:
        """Return the descriptor of the line to the keeper."""
        return None if self._keeper is None else self._keeper.fileno()

    @property
    def takes_more(self) -> bool:
        """Whether the keeper is one that orders can be given to."""
        self._connected()
        return not self._foreign

    def recover(self, starts: Mapping[str, Begun | None]) -> None:
        """Take over attempts of an earlier runner; those no keeper ever heard of are unstarted."""
        rebooted = _last_boot(self._paths) not in (None, processes.boot_id())
        for key, begun in starts.items():
            self._watched[key] = _Watched(begun=begun)
            # Without its journal, or when the end of that died with the machine, a start counts.
            self._watched[key].intended = rebooted or begun is not None
        self._connect()

    def submit(self, launches: Iterable[Launch]) -> None:
        """Start attempts, those already known to the keeper excepted."""
        orders = list(launches)
        for launch in orders:
            self._watched[launch.key] = _Watched(launch)
        try:
            self._connected().spawn(orders)
        except KeeperGone as gone:
            self._reconnect(gone)

    def withdraw(self, keys: Iterable[str]) -> None:
        """Take back attempts that wait in their lanes."""
        wanted = list(keys)
        if not wanted:
            return
        try:
            for key in self._connected().withdraw(wanted):
                self._watched[key].end = Unstarted(key)
        except KeeperGone as gone:
            self._reconnect(gone)

    def poll(self) -> list[Happening]:
        """Return what happened since the last call."""
        try:
            self._connected().drain()
        except KeeperGone as gone:
            self._reconnect(gone)
        self._read()
        return [happening for key in list(self._watched) for happening in self._news(key)]

    def _news(self, key: str) -> list[Happening]:
        """Return what is new of one attempt; one that is over is no longer watched."""
        watched = self._watched[key]
        news: list[Happening] = []
        if watched.begun is not None and not watched.told:
            watched.told = True
            news.append(watched.begun)
        if watched.end is not None and watched.cleared:
            del self._watched[key]
            news.append(watched.end)
        return news

    def stop(self, key: str, why: Why, grace: float) -> None:
        """Send the whole tree of an attempt SIGTERM, and after `grace` seconds SIGKILL."""
        watched = self._watched.get(key)
        if watched is None or isinstance(watched.end, Unstarted):
            return
        watched.stop = (why, grace)
        if watched.begun is None:
            watched.launch = None  # should the keeper be lost now, the next one must not start it
        try:
            _order_stop(self._connected(), key, watched)
        except KeeperGone as gone:
            self._reconnect(gone)

    def tidy(self) -> None:
        """Let the keeper shorten the journal when it has grown large."""
        if self._reader.offset > _LARGE:
            try:
                self._connected().rotate(self._reader.offset)
            except KeeperGone as gone:
                self._reconnect(gone)

    def close(self, *, idle: bool) -> None:
        """Hang up."""
        if self._keeper is not None:
            if idle:
                with contextlib.suppress(KeeperGone):
                    self._keeper.stop_when_idle()
            self._keeper.close()
            self._keeper = None

    def _connected(self) -> KeeperClient:
        if self._keeper is None:
            self._connect()
        assert self._keeper is not None
        return self._keeper

    def _reconnect(self, gone: KeeperGone) -> None:
        if not self._foreign:
            _log.error("%s; its attempts are lost unless it is only stuck", gone)
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None
        self._connect()

    def _connect(self) -> None:
        """Find or start the keeper, and settle the fate of what it does not know."""
        try:
            keeper = KeeperClient.connect(
                self._paths.root, self._paths.keeper_socket, self._paths.keeper_log
            )
            state = keeper.state()
            live = set(state.live)
            self._read()  # after `live` was asked for: who is not in it has its end in the journal
            # Last those behind others, whose worker may have what is theirs.
            for key, watched in sorted(self._watched.items(), key=lambda one: one[1].ahead):
                if key not in live:
                    self._settle(keeper, key, watched)
                elif state.protocol == PROTOCOL:  # an earlier order may not have come through
                    _order_stop(keeper, key, watched)
            self._foreign = state.protocol != PROTOCOL
            if self._foreign:
                _log.info("waiting for %d attempts of another version's keeper", len(live))
                keeper.stop_when_idle()
        except KeeperGone as gone:
            raise ExecutorUnavailable(str(gone)) from gone
        self._keeper = keeper

    def _settle(self, keeper: KeeperClient, key: str, watched: _Watched) -> None:
        """Decide on an attempt that no keeper watches: over, to be started, or lost."""
        if watched.end is not None and watched.cleared:
            return
        job, _, number = key.rpartition("/")
        alive = self._paths.attempt(job, int(number)).alive
        may_run = watched.intended or watched.ahead
        if may_run and not end_survivors(key, alive, watched.begun):
            _log.error("attempt %s: some of its processes can't be killed", key)
        if not (watched.intended or (watched.ahead and _has_begun(alive))):
            watched.ahead = False
            if watched.launch is None:
                watched.end = Unstarted(key)
            else:
                keeper.spawn([watched.launch])
            return
        watched.cleared = True
        if watched.end is None:
            watched.end = Lost(key, _KILLED if _this_boot(watched.begun) else _RESTARTED)

    def _read(self) -> None:
        for record in self._reader.read():
            watched = self._watched.get(record["key"])
            if watched is not None:
                watched.take(record)


class _Watched:
    """What is known of one attempt that is not over, or not told to be."""

    def __init__(self, launch: Launch | None = None, begun: Begun | None = None) -> None:
        self.launch = launch  # None: an earlier runner submitted it
        self.intended = False  # a keeper was about to start it, or did
        self.ahead = False  # a keeper had it made ready to begin with another's end
        self.begun = begun
        self.end: Exited | NotStarted | Lost | Unstarted | None = None
        self.cleared = True  # nothing it started is left, as far as known
        self.told = False  # `begun` was handed out
        self.stop: tuple[Why, float] | None = None  # it is to be stopped: why, and its grace

    def take(self, record: Record) -> None:
        """Learn from a record of the journal."""
        match record["event"]:
            case "intent":
                self.intended = True
            case "ahead":
                self.ahead = True
            case "started":
                self.intended, self.begun = True, _begun(record)
            case "failed" if self.end is None:  # ordered once more after its end, it fails
                self.end = _not_started(record)
            case "exited":
                self.end = _exited(record)
                self.cleared = not record["leftover"]
            case "cleared":
                self.cleared = True


def _order_stop(keeper: KeeperClient, key: str, watched: _Watched) -> None:
    """Order an attempt that is to be stopped to be ended; once more does no harm."""
    if watched.stop is None:
        return
    why, grace = watched.stop
    if watched.begun is None and keeper.withdraw([key]):
        watched.end = Unstarted(key)
    keeper.kill(key, grace, why.code, why.sentence)


def _begun(record: Record) -> Begun:
    return Begun(
        key=record["key"],
        time=record["time"],
        pid=record["pid"],
        process_start=record["start"],
        monotonic=record["monotonic"],
        boot_id=record["boot"],
        host=record["host"],
        held=record.get("held", False),
    )


def _not_started(record: Record) -> NotStarted:
    full = record.get("errno") in FULL  # a keeper of an earlier version did not say
    code = ReasonCode.DISK_FULL if full else ReasonCode.CANNOT_START
    return NotStarted(record["key"], record["error"], code)


def _exited(record: Record) -> Exited:
    told = record["told"]
    return Exited(
        key=record["key"],
        time=record["time"],
        exit_code=record["code"],
        signal=record["signal"],
        peak_memory=record["maxrss"],
        cpu_seconds=record["cpu"],
        duration=record["duration"],
        told=None if told is None else Why(ReasonCode(told["code"]), told["sentence"]),
        disk_full=record.get("full", False),
        exceeded=record.get("exceeded", False),
        logs=record.get("logs"),
    )


_KILLED = "lost: the process that watched it was killed"
_RESTARTED = "lost: the machine was restarted while it ran"


def _this_boot(begun: Begun | None) -> bool:
    return begun is None or begun.boot_id == processes.boot_id()


def _has_begun(alive: Path) -> bool:
    """Tell whether an attempt that was to begin with another's end has said that it did."""
    try:
        return alive.stat().st_size > 0
    except FileNotFoundError:
        return False


def _last_boot(paths: Paths) -> str | None:
    """Return the boot id of the last keeper, None when there was none.

    It is "" when what the keeper wrote did not reach the disk: the machine went down.
    """
    try:
        return str(json.loads(paths.keeper.read_bytes())["boot_id"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return ""
