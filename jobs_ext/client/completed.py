"""Jobs as they end, whichever comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from jobs_ext.model import job as model
from jobs_ext.model.status import FINAL

from . import display, waiting
from .batch import Batch
from .errors import WaitTimeout, WrongArguments
from .job import Job
from .progressline import progress_line

if TYPE_CHECKING:
    from .client import Client

_AT_ONCE = 100  # ids in one question


def as_completed(jobs: Batch | Iterable[Job], timeout: float | None = None) -> Iterator[Job]:
    """Yield each job when it has ended, whichever way, those that ended first before the others.

    `jobs` is a batch or any jobs, also of several servers. Of a batch it is one job for each
    argument set. Raises `WaitTimeout` after `timeout` seconds; what has not ended goes on.
    """
    if isinstance(jobs, Batch):
        return _of_batch(jobs, timeout)
    wanted = list(jobs)
    for one in wanted:
        if not isinstance(one, Job):
            raise WrongArguments(f"as_completed takes a batch or jobs, not {one!r}")
    return _of_jobs(wanted, timeout)


def _of_batch(batch: Batch, timeout: float | None) -> Iterator[Job]:
    client, left, since = batch.client, set(range(len(batch))), ""
    with (
        waiting.interruptible(waiting.stopped(batch)),
        progress_line(batch.name, seen=batch.shown) as line,
    ):
        for pause in waiting.pauses(timeout):
            ended = sorted(_ended_since(client, batch.id, since), key=_end)
            news = [job for job in ended if job.batch_index in left]
            for job in news:
                left.discard(job.batch_index or 0)
                since = max(since, job.stopped or "")
                line.clear()
                yield Job(client, job)
            line.show(*_far(len(batch), len(left)))
            if not left:
                display.update(batch)
                return
            if not news:
                pause()
    raise WaitTimeout(f"{len(left)} of the {len(batch)} jobs of {batch!r} have not ended.")


def _ended_since(client: Client, batch: str, since: str) -> Iterator[model.Job]:
    """Yield the jobs of a batch that ended at a time or later."""
    fits = {"filter": f'stopped >= "{since}"'} if since else {}
    for page in client.batch_pages(batch, status=[str(one) for one in FINAL], **fits):
        yield from page.items


def _of_jobs(jobs: Sequence[Job], timeout: float | None) -> Iterator[Job]:
    left = {job.id: job for job in jobs}
    said = "stopped waiting; the jobs go on. Each one's .cancel() stops it."
    with waiting.interruptible(said), progress_line("jobs") as line:
        for pause in waiting.pauses(timeout):
            for told in sorted(_ended_of(left), key=_end):
                job = left.pop(told.id)
                job._snapshot = told
                line.clear()
                yield job
            line.show(*_far(len(jobs), len(left)))
            if not left:
                return
            pause()
    raise WaitTimeout(f"{len(left)} of the {len(jobs)} jobs have not ended after {timeout} s.")


def _ended_of(left: dict[str, Job]) -> list[model.Job]:
    """Return those that have ended, asked for many at a time."""
    found: list[model.Job] = []
    by_client: dict[Client, list[str]] = {}
    for job in left.values():
        by_client.setdefault(job.client, []).append(job.id)
    for client, ids in by_client.items():
        for first in range(0, len(ids), _AT_ONCE):
            some = ids[first : first + _AT_ONCE]
            found += client.snapshots(limit=len(some), ids=some)
    return [job for job in found if job.status in FINAL]


def _far(number: int, left: int) -> tuple[float, str]:
    """Return how far that is, 0 to 1, and in words."""
    done = number - left
    return (done / number if number else 1.0), f"{done} of {number} done"


def _end(job: model.Job) -> str:
    return job.stopped or ""
