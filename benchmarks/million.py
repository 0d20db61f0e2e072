"""The same questions to a store with many jobs and to one with a thousand; and how it grows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from filled import OWNER, fill, open_service
from rows import Row

from jobs_ext.model.request import Context, Options, SubmitRequest, Target
from jobs_ext.model.status import Status
from jobs_ext.model.work import Free
from jobs_ext.service import JobQuery, Principal, Service

WHO = Principal.all(OWNER)
SMALL = 1000
RUNS = 15
MOST = 1.5
_GB = 10**9


def questions(service: Service) -> dict[str, Callable[[], object]]:
    """Return what is asked of a store, by name."""
    jobs, batches = service.jobs, service.batches
    newest = batches.list(WHO, 1).items[0]
    last = jobs.list(WHO, JobQuery(limit=1)).items[0]
    middle = last.pk // 2
    name = f"{newest.name}[{newest.n_jobs // 2}]"

    def page(**query: object) -> Callable[[], object]:
        return partial(jobs.list, WHO, JobQuery(limit=50, **query))  # type: ignore[arg-type]

    return {
        "first page": page(),
        "deep page": page(cursor=cursor(middle)),
        "oldest first": page(order="oldest"),
        "status": page(status=[Status.FAILED]),
        "several statuses": page(status=[Status.FAILED, Status.CANCELLED, Status.SUCCEEDED]),
        "name": page(name=name),
        "project": page(project="benchmark"),
        "tool": page(tool="nothing"),
        "ids": page(ids=[last.id]),
        "notebook": page(filter="notebook = 'none.ipynb'"),
        "batches by name": partial(batches.list, WHO, 1, None, f"name = '{newest.name}'"),
        "an expression that an index leads": page(
            filter="project = 'benchmark' and not status in (SUCCEEDED, CANCELLED)"
        ),
        "one step of an expression": page(filter="exit_code = 7"),
        "in an order of fields": page(name=name, order="-priority,name"),
        "two filters": page(project="benchmark", status=[Status.FAILED]),
        "a batch by index": partial(batches.jobs, WHO, newest.id, JobQuery(limit=50)),
        "a batch's failures": partial(batches.failures, WHO, newest.id),
        "one step of a text search": page(text="no such text"),
        "counts of a batch": partial(batches.get, WHO, newest.id),
        "page of batches": partial(batches.list, WHO, 1),
        "submit": partial(_submit, service),
        "claim": partial(_claim, service),
    }


def cursor(pk: int) -> str:
    """Return the cursor of the page behind a job."""
    from jobs_ext.store import cursors

    return cursors.encode("newest", pk)


def million_rows(folder: Path, n_jobs: int) -> list[Row]:
    """Return one row for each question."""
    services = []
    for number in (n_jobs, SMALL):
        services.append(open_service(folder / str(number)))
        fill(services[-1], number)
    os.sync()
    large, small = map(questions, services)
    rows = [
        Row.at_most(
            f"{n_jobs:,} jobs: {what}",
            f"{SMALL:,} jobs",
            _in_turns(large[what], small[what]),
            MOST,
        )
        for what in large
    ]
    for service in services:
        service.close()
    return rows


def _in_turns(ours: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float]:
    ours(), peer()  # once unmeasured: neither reads from a cold disk
    times = [(_timed(ours), _timed(peer)) for _ in range(RUNS)]
    return median(one for one, _ in times), median(other for _, other in times)


def _timed(ask: Callable[[], object]) -> float:
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start


def _submit(service: Service) -> None:
    target = Target(command=["/bin/echo", "x"])
    service.jobs.submit(WHO, SubmitRequest(target, {}, Options(), Context(cwd="/")))


def _claim(service: Service) -> None:
    service.queue.claim(Free(1, _GB), 1)
