"""``python -m jobs_ext.runner --data-dir …``: run the jobs of one data directory."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from logging.handlers import RotatingFileHandler
from typing import BinaryIO

import msgspec

from ..model.errors import DiskFull, JobsError
from ..model.learning import learn_structs
from ..model.notification import Outgoing
from ..model.retention import Retention
from ..model.scheduling import Scheduling
from ..model.scrub import SCRUBBER
from ..service import Service, Slots
from ..service.addresses import Guard
from ..service.outbox import Message, Tried
from ..service.slots import detect
from ..service.whom import Whom
from ..store.faults import StoreBusy
from ..store.paths import Paths
from .executors import ExecutorUnavailable
from .executors.local import LocalExecutor
from .fetch import Fetcher
from .holder import ask_to_end, outdated, this_build, write_holder
from .launch import HAND_OVER, detached, locked
from .limits import Limits
from .loop import Runner

_LINGER = 3.0  # seconds without work and servers before it ends
_PATIENCE = 2.0  # seconds to wait for the lock: a server may be just looking at it
_STEP = 0.02  # seconds between looks for it
_RETRY = 1.0  # seconds between attempts to begin
_LOG_SIZE = 1_000_000  # bytes
_log = logging.getLogger("jobs_ext.runner")


def main(arguments: list[str]) -> int:
    """Be the runner until nothing is left to do and no server is there; return the exit code."""
    this_build()  # before an upgrade changes the files
    ending = Ending()
    options = _parse(arguments)
    paths = Paths(options.data_dir, options.runtime_dir)
    alone = None  # a server that attaches from now on waits until this process is gone
    try:
        _log_to(paths)
        with _lock(paths, replace=options.replace) as held:
            if not held:
                _log.info("another runner is there, and goes on")
                return 0
            learn_structs()
            alone = _serve(paths, options, ending)
    except (JobsError, ExecutorUnavailable, OSError) as error:
        _log.error("ended: %s", error)
        return 1
    if alone is not None:
        alone.close()
    return 0


def _nobody() -> None:
    """Be called while there is nobody to wake."""


class Ending:
    """Whether a signal asked this process to end: what is under way goes on without it."""

    def __init__(self) -> None:
        self._asked = False
        self._wake: Callable[[], None] = _nobody
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def __bool__(self) -> bool:
        """Tell whether it was asked."""
        return self._asked

    def wakes(self, wake: Callable[[], None]) -> None:
        """Call `wake` when it is asked."""
        self._wake = wake

    def _ask(self, *_: object) -> None:
        self._asked = True
        self._wake()


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m jobs_ext.runner", description=__doc__)
    parser.add_argument("--data-dir", required=True, help="the data directory")
    parser.add_argument("--runtime-dir", help="folder for sockets; default: Jupyter's")
    parser.add_argument("--cpu", type=float, help="cores that jobs may use")
    parser.add_argument("--memory", type=int, help="bytes that jobs may reserve")
    parser.add_argument("--gpus", default="", help="GPUs that jobs may use, with commas")
    parser.add_argument("--scheduling", default="{}", help="whose turn it is: `Scheduling` as JSON")
    parser.add_argument("--outgoing", default="{}", help="who may be told: `Outgoing` as JSON")
    parser.add_argument("--max-log-size", type=int, help="bytes that a log may have")
    parser.add_argument("--max-output-size", type=int, help="bytes that a job's files may take")
    parser.add_argument("--max-input-size", type=int, help="bytes that a fetched input may have")
    parser.add_argument("--retention", default="{}", help="what is kept: `Retention` as JSON")
    parser.add_argument("--lease", type=float, default=600.0, help="seconds a node may be silent")
    parser.add_argument(
        "--replace", action="store_true", help="take the place of a runner of other code"
    )
    parser.add_argument(
        "--linger", type=float, default=_LINGER, help="seconds to stay when idle and alone"
    )
    return parser.parse_args(arguments)


def _log_to(paths: Paths) -> None:
    logging.raiseExceptions = False  # a log that can't be written is no reason for a traceback
    handler = RotatingFileHandler(paths.runner_log, maxBytes=_LOG_SIZE, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(SCRUBBER)
    logging.basicConfig(level=logging.INFO, handlers=[handler])


@contextlib.contextmanager
def _lock(paths: Paths, *, replace: bool) -> Iterator[bool]:
    """Hold the lock that the one runner of a data directory holds; give whether that succeeded.

    With `replace` a runner of other code, unless it is newer, is asked to let go of it.
    """
    with os.fdopen(os.open(paths.runner_lock, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        patience = _PATIENCE
        if replace and (old := outdated(paths, at_start=True)) is not None and ask_to_end(old):
            _log.info("the runner of version %s is asked to let go", old.build.version)
            patience = HAND_OVER
        deadline = time.monotonic() + patience
        while not (held := locked(file, fcntl.LOCK_EX)) and time.monotonic() < deadline:
            time.sleep(_STEP)
        if held:
            with contextlib.suppress(OSError):  # a full disk: who it is stays unsaid
                write_holder(file)
        yield held


def _serve(paths: Paths, options: argparse.Namespace, ending: Ending) -> BinaryIO | None:
    """Run jobs; return the lock that keeps servers from attaching when it ends for lack of work.

    As long as a server is there, a disk or a keeper that fails at the start is tried again.
    """
    trouble = ""
    while not ending:
        try:
            return _work(paths, options, ending)
        except (StoreBusy, DiskFull, ExecutorUnavailable) as error:
            if (lock := detached(paths)) is not None:
                lock.close()
                raise
            if str(error) != trouble:
                _log.warning("trying again soon: %s", error)
            trouble = str(error)
            time.sleep(_RETRY)
    return None


def _work(paths: Paths, options: argparse.Namespace, ending: Ending) -> BinaryIO | None:
    found = detect()
    gpus = tuple(filter(None, options.gpus.split(",")))
    slots = Slots(options.cpu or found.cpu, options.memory or found.memory, gpus)
    outgoing = msgspec.json.decode(options.outgoing, type=Outgoing)
    service = Service.open(
        options.data_dir,
        slots=slots,
        scheduling=msgspec.json.decode(options.scheduling, type=Scheduling),
        retention=msgspec.json.decode(options.retention, type=Retention),
        runtime_dir=options.runtime_dir,
        lease=options.lease,
    )
    limits = Limits(options.max_log_size, options.max_output_size)
    whom = Whom(outgoing, Guard(outgoing.allowed_hosts))
    runner = Runner(
        service,
        LocalExecutor(paths),
        slots,
        limits,
        _deliverer(whom, paths),
        Fetcher(whom.guard, options.max_input_size),
    )
    ending.wakes(runner.wake)
    _log.info("started; %g cores, %d bytes", slots.cpu, slots.memory)
    try:
        runner.recover()
        lock = None
        while lock is None and not ending:
            runner.turn()
            lock = detached(paths) if runner.idle_for >= options.linger else None
    finally:
        ending.wakes(_nobody)
        runner.close()
        service.close()
    _log.info("ended")
    return lock


def _deliverer(whom: Whom, paths: Paths) -> Callable[[Message], Tried]:
    """Return what delivers messages; what that needs is loaded when there is one."""

    def deliver(message: Message) -> Tried:
        from .delivery import Deliverer

        return Deliverer(whom, paths.webhook_secret.read_bytes().strip()).deliver(message)

    return deliver


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
