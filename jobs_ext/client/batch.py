"""The handle of a batch: jobs submitted together, read back as one frame."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from jobs_ext.model import job as model
from jobs_ext.model.reasons import ReasonCode
from jobs_ext.model.status import Status
from jobs_ext.model.view import show_value

from . import display, frames, results, waiting
from .errors import JobFailed, NoSuchJob, WaitTimeout
from .handle import Handle
from .job import Job
from .lists import JobList
from .progressline import of_counts
from .wire import References

if TYPE_CHECKING:
    from .client import Client

T = TypeVar("T")
Missing = Literal["raise", "skip", "row"]

_READERS = 8  # threads that fetch outputs


class Batch(Handle, References):
    """Jobs submitted together: one target, many argument sets, in their order.

    A rerun of one of its jobs stands for the job it repeats. Usable as another job's argument:
    the list of its jobs.
    """

    kind = "batch"
    _said = False  # how many of its jobs were reused

    def __init__(self, client: Client, snapshot: model.Batch) -> None:
        super().__init__(client, snapshot.id)
        self._snapshot: model.Batch | None = snapshot

    def __repr__(self) -> str:
        known = self._snapshot
        if known is None:
            return f"<batch {self.id}>"
        counts = ", ".join(f"{n} {status}" for status, n in known.counts.items() if n)
        return f"<batch {known.name!r} {counts} {self.id}>"

    def refresh(self, wait: int = 0) -> model.Batch:
        """Return what the server says of it now, or when it ended within `wait` seconds."""
        self._snapshot = self.client.batch(self.id, wait)
        return self._snapshot

    def view(self) -> dict[str, Any]:
        """Return what there is to see of it, as plain JSON."""
        return self.client.view("batch", self.id)

    @property
    def name(self) -> str:
        """Its name."""
        return (self._snapshot or self.refresh()).name

    @property
    def counts(self) -> dict[str, int]:
        """How many of its jobs have each of the eight statuses."""
        return self.refresh().counts

    def __len__(self) -> int:
        return (self._snapshot or self.refresh()).n_jobs

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs())

    def each(self) -> list[Job]:
        """Return its jobs, for what they are an argument of."""
        return self._jobs()

    @overload
    def __getitem__(self, index: int) -> Job: ...

    @overload
    def __getitem__(self, index: slice) -> JobList: ...

    def __getitem__(self, index: int | slice) -> Job | JobList:
        if isinstance(index, slice):
            return JobList(self._jobs()[index], self._varied())
        if not -len(self) <= index < len(self):
            raise NoSuchJob(f"The batch has {len(self)} jobs, there is no number {index}.")
        return self._jobs()[index]

    def _jobs(self) -> list[Job]:
        """Return one job per argument set, waiting for those that are still being made."""
        with waiting.interruptible(waiting.stopped(self)):
            for pause in waiting.pauses(self.client.connection.patience):
                standing = self._standing()
                if len(standing) == len(self):
                    return [Job(self.client, standing[index]) for index in sorted(standing)]
                pause()
        raise WaitTimeout(f"{len(standing)} of the {len(self)} jobs of {self!r} have been made.")

    def _standing(self) -> dict[int, model.Job]:
        """Return the newest job of each argument set that has been made."""
        standing: dict[int, model.Job] = {}
        for job in self.client.batch_jobs(self.id):
            index = -1 if job.batch_index is None else job.batch_index
            if index not in standing or job.id > standing[index].id:
                standing[index] = job
        return standing

    def wait(self, timeout: float | None = None) -> Batch:
        """Wait until all of its jobs have ended, whichever way, and return it.

        Raises `WaitTimeout` after `timeout` seconds; the jobs themselves go on.
        """
        waiting.until_ended(self, timeout)
        self._say_reused()
        return self

    def look(self, wait: int = 0) -> waiting.Look:
        """Return how far it is, asking the server: now, or at its end within `wait` seconds."""
        counts = self.refresh(wait).counts
        ended = sum(n for status, n in counts.items() if Status(status).final) >= len(self)
        return waiting.Look(ended, *of_counts(counts, len(self)))

    def __await__(self) -> Generator[Any, None, list[Any]]:
        """Return its `results` without blocking the event loop."""
        return self._awaited().__await__()

    async def _awaited(self) -> list[Any]:
        import asyncio

        await waiting.awaited(self)
        return await asyncio.to_thread(self.results)

    @property
    def reused(self) -> int:
        """How many of its jobs did not run: they took over results of equal ones (``cache``)."""
        return sum(job.reason_code == ReasonCode.REUSED for job in self._standing().values())

    def _say_reused(self) -> None:
        known = self._snapshot or self.refresh()
        if known.options.get("cache") == "reuse" and not self._said and self.reused:
            display.say(f"{self.name}: {self.reused} of {len(self)} jobs not run again: reused.")
        self._said = True

    def cancel(self) -> Batch:
        """Cancel all of its jobs that have not ended."""
        self.client.cancel("batch", self.id)
        self.refresh()
        return self

    def release(self) -> Batch:
        """Let its jobs go, if it was submitted with ``hold=True``."""
        self.client.release("batch", self.id)
        self.refresh()
        return self

    def reset(self) -> Batch:
        """Let those of its jobs that FAILED run once more, each as a new attempt of itself.

        Raises `Conflict` when none has.
        """
        self.client.reset("batch", self.id)
        self.refresh()
        return self

    def prioritize(self, priority: int) -> Batch:
        """Give those of its jobs that wait another priority: larger runs earlier."""
        self.client.change("batch", self.id, priority=priority)
        return self

    def delete(self) -> None:
        """Hide it and its jobs, cancelling what still runs."""
        self.client.delete("batch", self.id)

    def reinstate(self) -> Batch:
        """Take it out of the trash, into which `delete` put it."""
        self.client.reinstate("batch", self.id)
        return self

    def purge(self) -> None:
        """Remove it for good, with its logs and outputs; it is cancelled first if it runs."""
        self.client.purge("batch", self.id)

    def failures(self) -> JobList:
        """Return the jobs that failed or were cancelled, so far; ``.df()`` has them as a frame."""
        bad = (Status.FAILED, Status.CANCELLED)
        standing = self._standing()
        found = (standing[index] for index in sorted(standing) if standing[index].status in bad)
        return JobList((Job(self.client, job) for job in found), self._varied())

    def as_completed(self, timeout: float | None = None) -> Iterator[Job]:
        """Yield each of its jobs when it has ended, whichever way; see `jx.as_completed`."""
        from .completed import as_completed

        return as_completed(self, timeout)

    def results(self, timeout: float | None = None, *, trust: bool = False) -> list[Any]:
        """Wait, and return the result of every job, in their order.

        Raises `JobFailed` naming the jobs that have none.
        """
        jobs = self._ended(timeout)
        self._refuse_missing(jobs)
        return self._each(jobs, lambda job: results.result(self.client, job, trust=trust))

    def df(
        self,
        output: str | None = None,
        missing: Missing = "raise",
        engine: str = "pandas",
        *,
        wait: bool = True,
        trust: bool = False,
        **read_options: Any,
    ) -> Any:
        """Wait, and return the rows of all jobs in one frame.

        Beside the columns of the jobs' tables (`output` names one, as for `Job.df`) it has one
        per parameter that varies (``param.x`` when a table has an ``x`` of its own) and ``job``,
        the id. `missing` says what becomes of jobs that did not succeed: "raise" `JobFailed`,
        "skip" them with a warning, or "row": a row with the parameters alone. Without `wait` it
        has the rows of the jobs that have ended by now.
        """
        from . import combine, fetching

        combine.check_missing(missing)
        jobs = self._ended(None) if wait else [job for job in self._now() if job.status.final]
        if missing == "raise":
            self._refuse_missing(jobs)
        good = [job for job in jobs if job.status is Status.SUCCEEDED]

        def table(job: model.Job) -> Any:
            return results.frame(self.client, job, output, "pandas", trust=trust, **read_options)

        tables: list[Any] = []
        for some in fetching.windows(good):
            with fetching.fetched(self.client.connection, self.id, some, output):
                tables += self._each(some, table)
        made = {job.id: table for job, table in zip(good, tables, strict=True)}
        frame = combine.combined(jobs, made, self._varied(), missing)
        return frames.convert(frame, engine)

    def save(self, path: str | PathLike[str], missing: Missing = "raise", **more: Any) -> Path:
        """Wait, and write the rows of all jobs to a ``.parquet`` or ``.csv`` file; return its path.

        So that a shared notebook has something to read. `missing` and `more` are as for `df`. The
        file appears when it is whole, in place of one that is there. Raises `NoTable` when values
        of a column have no common type that Parquet has.
        """
        return frames.save(lambda: self.df(missing=missing, **more), Path(path))

    def _varied(self) -> list[str]:
        return (self._snapshot or self.refresh()).parameters

    def _ended(self, timeout: float | None) -> list[model.Job]:
        self.wait(timeout)
        return self._now()

    def _now(self) -> list[model.Job]:
        """Return the jobs that have been made, as they stand now."""
        standing = self._standing()
        return [standing[index] for index in sorted(standing)]

    def _refuse_missing(self, jobs: list[model.Job]) -> None:
        bad = [job for job in jobs if job.status is not Status.SUCCEEDED]
        if not bad:
            return
        first = results.failure(self.client, bad[0])
        told = "; ".join(f"{_which(job)} {job.status}: {job.reason}" for job in bad[:5])
        more = f"; and {len(bad) - 5} more" if len(bad) > 5 else ""
        have = "has" if len(bad) == 1 else "have"
        raise JobFailed(
            f"{len(bad)} of the {len(jobs)} jobs {have} no result ({told}{more}). "
            'batch.failures() gives them; df(missing="skip" or "row") goes on without.',
            reason=first.reason,
            log=first.log,
            remote_traceback=first.remote_traceback,
        )

    def _each(self, jobs: Sequence[model.Job], task: Callable[[model.Job], T]) -> list[T]:
        with ThreadPoolExecutor(_READERS) as pool:
            return list(pool.map(task, jobs))


def _which(job: model.Job) -> str:
    values = ", ".join(f"{n}={show_value(v, 30)}" for n, v in job.arguments.items())
    return f"job {job.batch_index} ({values})"
