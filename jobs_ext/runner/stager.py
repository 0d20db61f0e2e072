"""Attempts that are made ready in threads: what they read comes from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from .executors import Launch, Why
from .failure import CannotStart, one_alone
from .fetch import Fetcher
from .spare import SpareFolders
from .staging import Plan, stage

_THREADS = 4

#: What became of it: it can be started, it can't, or somebody stopped it.
Staged = Launch | CannotStart | Why


class Stager:
    """Makes attempts ready beside the runner's loop."""

    def __init__(self, wake: Callable[[], None], spares: SpareFolders, fetcher: Fetcher) -> None:
        self._wake = wake
        self._spares = spares
        self._fetcher = fetcher
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="stage")
        self._under_way: dict[str, tuple[Plan, Future[Launch | CannotStart]]] = {}
        self._unwanted: dict[str, Event] = {}
        self._stopped: dict[str, Why] = {}

    def begin(self, one: Plan) -> None:
        """Begin to make an attempt ready; `done` tells of it."""
        unwanted = self._unwanted[one.key] = Event()
        future = self._pool.submit(self._stage, one, unwanted)
        self._under_way[one.key] = one, future
        future.add_done_callback(lambda _: self._wake())

    def stop(self, key: str, why: Why) -> bool:
        """Give up an attempt; False when it is not being made ready here."""
        if key not in self._under_way:
            return False
        self._stopped.setdefault(key, why)
        self._unwanted[key].set()
        return True

    def done(self) -> list[tuple[Plan, Staged]]:
        """Return the attempts that are ready, or never will be, since the last call."""
        ready = [(one, future) for one, future in self._under_way.values() if future.done()]
        for one, _ in ready:
            del self._under_way[one.key], self._unwanted[one.key]
        return [(one, self._ended(one, future.result())) for one, future in ready]

    def _ended(self, one: Plan, result: Launch | CannotStart) -> Staged:
        """Return what became of it; what was stopped is not started, ready as it may be."""
        return self._stopped.pop(one.key) if one.key in self._stopped else result

    def close(self) -> None:
        """Give everything up; the next runner begins it anew."""
        for unwanted in self._unwanted.values():
            unwanted.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _stage(self, one: Plan, unwanted: Event) -> Launch | CannotStart:
        try:
            with one_alone(one.key, "making it ready"):
                return stage(
                    one, self._spares, lambda w, folder: self._fetcher.fetched(w, folder, unwanted)
                )
        except CannotStart as error:
            return error
