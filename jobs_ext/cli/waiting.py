"""Waiting for jobs in a terminal: telling exit codes, and Ctrl-C that ends the waiting alone."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jobs_ext.client.batch import Batch
from jobs_ext.client.errors import InvalidRequest
from jobs_ext.client.handle import Handle
from jobs_ext.client.job import Job
from jobs_ext.model.quantities import parse_duration
from jobs_ext.model.status import Status

from .call import Call, Verb
from .exits import Exit
from .printing import printable


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with a word on what goes on."""


@contextmanager
def interruptible(handles: Sequence[Handle]) -> Iterator[None]:
    """Say at Ctrl-C that the jobs go on, and how they are stopped."""
    try:
        yield
    except KeyboardInterrupt:
        ids = " ".join(one.id for one in handles)
        raise Interrupted(
            f"stopped waiting; what was submitted goes on.\n  To stop it: jupyter jobs cancel {ids}"
        ) from None


def wait(call: Call) -> Exit:
    """Wait until all jobs and batches named have ended."""
    return follow_up(call, call.handles(), _seconds(call.said.timeout))


def follow_up(call: Call, handles: Sequence[Job | Batch], timeout: float | None = None) -> Exit:
    """Wait for handles, say how they ended, and return what that means for a script."""
    end = None if timeout is None else time.monotonic() + timeout
    with interruptible(handles):
        for one in handles:
            one.wait(None if end is None else max(0.0, end - time.monotonic()))
            if not call.out.as_json:
                call.out.line(_told(call, one))
    if call.out.as_json:
        call.out.json([one.refresh() for one in handles])
    ended = {status for one in handles for status in _statuses(one)}
    if Status.FAILED in ended:
        return Exit.FAILED
    return Exit.CANCELLED if Status.CANCELLED in ended else Exit.OK


def _statuses(one: Job | Batch) -> set[Status]:
    """Return how the jobs of a handle ended; a rerun stands for the job it repeats."""
    if isinstance(one, Job):
        return {one.refresh().status}
    counts = one.refresh().counts
    if not (counts[Status.FAILED] or counts[Status.CANCELLED]):
        return {Status.SUCCEEDED}
    return {job.refresh().status for job in one.failures()}


def _told(call: Call, one: Job | Batch) -> str:
    if isinstance(one, Batch):
        counts = ", ".join(f"{n} {status}" for status, n in one.refresh().counts.items() if n)
        return f"{one.id}  {counts}"
    job = one.refresh()
    reason = f"  {printable(job.reason)}" if job.reason else ""
    return f"{one.id}  {call.out.coloured(str(job.status))}{reason}"


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InvalidRequest(f"--timeout: {error}.", field="timeout", value=text) from None


def logs(call: Call) -> Exit:
    """Print what a job wrote; with -f, also what it goes on to write."""
    job, stream = call.job(call.said.id), call.said.stream
    if call.said.follow:
        with interruptible([job]):
            for line in job.follow(stream):
                call.out.line(line)
        return Exit.OK
    if call.out.as_json:
        streams = [stream] if stream else ["stdout", "stderr"]
        call.out.json({one: job.logs(one, call.said.attempt) for one in streams})
    else:
        sys.stdout.write(job.logs(stream, call.said.attempt))
    return Exit.OK


def _add_wait(parser: argparse.ArgumentParser) -> Any:
    parser.add_argument("ids", nargs="+", metavar="ID", help="jobs or batches; last: the newest")
    parser.add_argument("--timeout", metavar="TIME", help="give up after this long, e.g. 90 or 2h")


def _add_logs(parser: argparse.ArgumentParser) -> Any:
    parser.add_argument("id", metavar="ID", help="a job; last: the newest")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until it has ended")
    parser.add_argument("--stream", choices=["stdout", "stderr"], help="only this one")
    parser.add_argument("--attempt", type=int, help="of this attempt; default: the last")


_EPILOG = """\
exit codes: 0 all succeeded, 1 one failed, 2 refused, 3 one was cancelled, 4 timed out,
5 no server, 130 interrupted (Ctrl-C stops the waiting, never the jobs)
"""

VERBS = [
    Verb("wait", "Wait until jobs have ended.", wait, _add_wait, epilog=_EPILOG),
    Verb("logs", "Print what a job wrote.", logs, _add_logs),
]
