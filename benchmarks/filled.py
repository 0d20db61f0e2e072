"""A store with many jobs in it, filled through SQL from a few that were really made.

The service makes one batch and a single job of each final status; then SQLite multiplies their
rows, attempts and events. So a million jobs take half a minute, and every row is as it would be.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from jobs_ext.model.clock import now
from jobs_ext.model.ids import new_id
from jobs_ext.model.request import BatchRequest, Context, Options, Target
from jobs_ext.model.status import Status
from jobs_ext.model.work import Ended, Free, Started
from jobs_ext.service import Principal, Service, Slots

OWNER = "ada"
BATCH = 10_000  # jobs of one batch at most
LAST = 1000  # jobs of the newest batch
_GB = 10**9
_ECHO = Target(command=["/bin/echo", "{k}"])


def open_service(folder: Path) -> Service:
    """Return a service on a data directory in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return Service.open(
        folder / "data" / "jobs_ext",
        migrate=True,
        root_dir=folder,
        runtime_dir=folder / "run",
        slots=Slots(2, 8 * _GB),
    )


def fill(service: Service, n_jobs: int) -> None:
    """Fill the store up to `n_jobs` jobs: batches of `BATCH`, one job in ten failed.

    The newest batch is one of `LAST`, so that stores of any size are asked about the same.
    """
    who = Principal.all(OWNER)
    stored = 0
    while stored < n_jobs:
        rest = n_jobs - stored
        size = min(BATCH, rest - LAST) if rest > LAST else rest
        request = BatchRequest(
            _ECHO,
            [{"k": 1}],
            {},
            Options(name=f"sweep {stored}", project="benchmark"),
            Context(cwd="/"),
        )
        batch = service.batches.submit(who, request).id
        service.queue.materialize()
        _end_all(service)
        _multiply(service.paths.db, batch, size - 1)
        stored += size


def _end_all(service: Service) -> None:
    work = service.queue.claim(Free(2, _GB), 10)
    for one in work:
        service.queue.apply(
            [
                Started(one.id, one.attempt, now(), 4321, 17.0, 12.5, "boot", "host"),
                Ended(one.id, one.attempt, Status.SUCCEEDED, now(), exit_code=0, duration=0.01),
            ]
        )


def _multiply(db: Path, batch: str, times: int) -> None:
    """Make the one job of a batch `times` more, with its attempt and its events."""
    connection = sqlite3.connect(db, isolation_level=None)
    connection.create_function("new_id", 0, new_id)
    given = {"batch": batch, "times": times}
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_NUMBERS, given)
    for table, changed in _COPIES.items():
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        made = [changed.get(name, f"one.{name}") for name in names if name != "seq"]
        columns = ", ".join(name for name in names if name != "seq")
        connection.execute(
            f"INSERT INTO {table} ({columns}) SELECT {', '.join(made)} FROM {table} AS one,"
            f" temp.fresh WHERE {_WHERE[table]} ORDER BY fresh.n",
            {"batch": batch},
        )
    connection.execute(
        "UPDATE batch SET n_jobs = n_jobs + :times, made = made + :times WHERE id = :batch", given
    )
    connection.execute("COMMIT")
    connection.close()


_NUMBERS = """
CREATE TEMP TABLE fresh AS
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :times)
SELECT n, (SELECT max(pk) FROM job) + n AS pk, new_id() AS id FROM counted
"""
_FAILED = "CASE WHEN fresh.n % 10 = 0 THEN 'FAILED' ELSE one.status END"
_BATCH = "(SELECT pk FROM batch WHERE id = :batch)"
_ORIGINAL = f"(SELECT min(pk) FROM job WHERE batch_pk = {_BATCH})"  # which has an index
_COPIES = {
    "job": {
        "pk": "fresh.pk",
        "id": "fresh.id",
        "batch_index": "fresh.n",
        "name": "replace(one.name, '[0]', '[' || fresh.n || ']')",
        "status": _FAILED,
    },
    "attempt": {"job_pk": "fresh.pk", "status": _FAILED},
    "event": {"job": "fresh.id"},
}
_WHERE = {
    "job": f"one.pk = {_ORIGINAL}",
    "attempt": f"one.job_pk = {_ORIGINAL}",
    "event": f"one.job = (SELECT id FROM job WHERE pk = {_ORIGINAL})",
}


if __name__ == "__main__":
    import sys

    place, number = Path(sys.argv[1]), int(sys.argv[2])
    begun = time.perf_counter()
    fill(open_service(place), number)
    size = (place / "data" / "jobs_ext" / "jobs.sqlite").stat().st_size
    print(f"{number:,} jobs in {time.perf_counter() - begun:.1f} s, {size / number:.0f} bytes each")
