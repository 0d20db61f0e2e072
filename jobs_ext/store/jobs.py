"""Rows of jobs: making, finding, listing, and turning them into what the API says of a job."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    Connection,
    insert,
    select,
    text,
    update,
)

from ..model.job import Attempt, Job, Output, Progress, TargetInfo
from ..model.status import Status
from ..model.steps import steps_of
from . import cursors, events
from .listing import driver, row_type
from .prepared import Prepared, insertion
from .schema import job, needs, output

JobRow = Any  # SQLAlchemy's row of `job`, or that of `listing`: columns as attributes


class Need(NamedTuple):
    """A job that another one waits for."""

    row: JobRow
    ended: bool = False  # whether it is enough that it ended, whichever way

    @property
    def open(self) -> bool:
        """Whether it is still to be waited for."""
        status = Status(self.row.status)
        return not status.final if self.ended else status is not Status.SUCCEEDED


_LAST_PK = Prepared(text("SELECT seq FROM sqlite_sequence WHERE name = :table"))


def next_pk(tx: Connection, table: str) -> int:
    """Return the number the next row of a table gets; sure only inside a write transaction."""
    return int(_LAST_PK.run(tx, table=table).scalar() or 0) + 1


def make(
    tx: Connection, rows: list[dict[str, Any]], needed: Sequence[Sequence[Need]], time: str
) -> None:
    """Insert jobs with their first events; `needed` holds what each must wait for.

    All rows have the same columns. A row's status is where the job stands after being SUBMITTED;
    its history shows both.
    """
    if not rows:
        return
    first = next_pk(tx, "job")
    log: list[dict[str, Any]] = []
    for pk, row in enumerate(rows, first):
        row |= {"pk": pk, "created": time}
        log += _first_events(row, time)
    insertion(job, frozenset(rows[0])).run_many(tx, rows)
    links = [
        {"job_pk": pk, "needed_pk": need.row.pk, "ended": need.ended}
        for pk, needs_ in enumerate(needed, first)
        for need in needs_
    ]
    if links:
        tx.execute(insert(needs), links)
    events.append(tx, log)


def _first_events(row: dict[str, Any], time: str) -> list[dict[str, Any]]:
    status: Status = row["status"]
    facts = {"from": Status.SUBMITTED, "status": status}
    if row.get("reason_code"):
        facts |= {"reason_code": row["reason_code"], "reason": row["reason"]}
    where = {"job": row["id"], "batch": row["batch"]}
    return [
        events.entry(time, "submitted", row["owner"], data={"name": row["name"]}, **where),
        events.entry(time, "status", row["owner"], data=facts, **where),
    ]


def retire(tx: Connection, batch_pk: int, index: int) -> None:
    """Let the jobs at this place of a batch no longer stand for it: a newer one will."""
    in_any_status = job.c.status.in_([str(status) for status in Status])  # for the index's sake
    where = (job.c.batch_pk == batch_pk, in_any_status, job.c.batch_index == index)
    tx.execute(update(job).where(*where).values(latest=False))


def by_id(connection: Connection, job_id: str) -> JobRow | None:
    """Return the row of a job."""
    return connection.execute(select(job).where(job.c.id == job_id)).one_or_none()


def id_of(connection: Connection, pk: int) -> str | None:
    """Return the id of the job with this number."""
    found = driver(connection).execute("SELECT id FROM job WHERE pk = ?", (pk,)).fetchone()
    return None if found is None else str(found[0])


def spec_of(connection: Connection, pk: int) -> str:
    """Return the hash of a job's spec."""
    (found,) = driver(connection).execute("SELECT spec FROM job WHERE pk = ?", (pk,)).fetchone()
    return str(found)


def by_ids(connection: Connection, ids: Iterable[str]) -> dict[str, JobRow]:
    """Return rows by id; ids nobody has are left out."""
    rows: dict[str, JobRow] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), 500):
        query = select(job).where(job.c.id.in_(wanted[start : start + 500]))
        rows |= {row.id: row for row in connection.execute(query)}
    return rows


def by_key(connection: Connection, owner: str, key: str) -> JobRow | None:
    """Return the job that was submitted with this idempotency key."""
    query = select(job).where(job.c.owner == owner, job.c.key == key)
    return connection.execute(query).one_or_none()


_STATUS = {str(status): status for status in Status}  # quicker than by the class
_ATTEMPT = ", ".join(Attempt.__struct_fields__)
_OF_JOBS = "WHERE job_pk IN (SELECT value FROM json_each(?))"
_ATTEMPTS = f"SELECT job_pk, {_ATTEMPT} FROM attempt {_OF_JOBS} ORDER BY job_pk, number"  # noqa: S608
_FileRow = row_type(output)
_FILE = ", ".join(f"output.{name}" for name in _FileRow._fields)
SHOWN = 100  # outputs that a job is shown with; the others are on the pages of its outputs
_HAVING = """
SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM output WHERE job_pk = value)"""
_FILES = f"""
WITH wanted AS MATERIALIZED (
  SELECT pk, number, (
    SELECT name FROM output WHERE job_pk = given.pk AND attempt = number
    ORDER BY name LIMIT 1 OFFSET {SHOWN - 1}
  ) AS last
  FROM (SELECT value ->> 0 AS pk, value ->> 1 AS number FROM json_each(?)) AS given
)
SELECT {_FILE} FROM wanted CROSS JOIN output
ON job_pk = wanted.pk AND attempt = number
AND name <= ifnull(last, x'') -- bytes are behind all text
ORDER BY job_pk, name"""  # noqa: S608
_PAGE = (
    f"SELECT {_FILE} FROM output WHERE job_pk = ? AND attempt = ? AND name > ?"  # noqa: S608
    " ORDER BY name LIMIT ?"
)
_FIND = f"SELECT {_FILE} FROM output WHERE job_pk = ? AND attempt = ? AND name = ?"  # noqa: S608
_NUMBER = "SELECT count(*) FROM output WHERE job_pk = ? AND attempt = ?"


def attempts(connection: Connection, rows: Sequence[JobRow]) -> dict[int, list[Attempt]]:
    """Return the attempts of these jobs, oldest first."""
    found: dict[int, list[Attempt]] = defaultdict(list)
    for pk, number, status, *facts in driver(connection).execute(_ATTEMPTS, (_pks(rows),)):
        found[pk].append(Attempt(number, _STATUS[status], *facts))
    return found


def outputs(connection: Connection, tries: Mapping[int, Sequence[Attempt]]) -> dict[int, list[Any]]:
    """Return the rows of the first `SHOWN` outputs of each job's latest attempt, by name."""
    found: dict[int, list[Any]] = defaultdict(list)
    having = driver(connection).execute(_HAVING, (msgspec.json.encode([*tries]).decode(),))
    wanted = [(pk, tries[pk][-1].number) for (pk,) in having]
    if wanted:  # most jobs have none, and to look for their files costs much more
        given = msgspec.json.encode(wanted).decode()
        for row in map(_FileRow._make, driver(connection).execute(_FILES, (given,))):
            found[row.job_pk].append(row)
    return found


def output_page(
    connection: Connection, pk: int, attempt: int, limit: int, cursor: str | None
) -> tuple[list[Any], str | None]:
    """Return one page of the rows of an attempt's outputs by name, and the cursor of the next."""
    after = "" if cursor is None else cursors.decode_name(cursor, "outputs")
    given = (pk, attempt, after, limit + 1)
    rows = [*map(_FileRow._make, driver(connection).execute(_PAGE, given))]
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursors.encode("outputs", rows[limit - 1].name)


def find_output(connection: Connection, pk: int, attempt: int, name: str) -> Any:
    """Return the row of an output; None if there is none."""
    found = driver(connection).execute(_FIND, (pk, attempt, name)).fetchone()
    return None if found is None else _FileRow._make(found)


def number_of_outputs(connection: Connection, pk: int, attempt: int) -> int:
    """Return how many outputs an attempt has."""
    (number,) = driver(connection).execute(_NUMBER, (pk, attempt)).fetchone()
    return int(number)


def _pks(rows: Sequence[JobRow]) -> str:
    return msgspec.json.encode([row.pk for row in rows]).decode()


def to_output(row: Any) -> Output:
    """Return what the API says of an output."""
    return Output(
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        main=bool(row.main),
        path=row.path,
        archive=None if row.archive is None else os.path.relpath(row.path, row.archive),
        raw=row.raw,
    )


class Told(NamedTuple):
    """What the API says of all jobs of one spec."""

    options: dict[str, Any]
    tool: dict[str, Any] | None


def to_job(
    row: JobRow,
    told: Told,
    tries: list[Attempt],
    files: list[Any],
    n_files: int,
    waiting: tuple[str, str] | None,
) -> Job:
    """Return what the API says of a job of a spec of which that is `told`.

    `files` are the first of its `n_files` outputs; `waiting` is the code and sentence of why it
    waits.
    """
    status = _STATUS[row.status]
    progress = None if row.progress is None else msgspec.json.decode(row.progress, type=Progress)
    code, sentence = waiting or (row.reason_code, row.reason)
    return Job(
        id=row.id,
        pk=row.pk,
        name=row.name,
        target=TargetInfo(row.kind, row.target_name),
        status=status,
        owner=row.owner,
        created=row.created,
        stage=row.stage,
        reason_code=code,
        reason=sentence,
        progress=progress,
        description=row.description or "",
        notebook=row.notebook,
        project=row.project,
        batch=row.batch,
        batch_index=row.batch_index,
        arguments=msgspec.json.decode(row.arguments),
        options=told.options,
        attempts=tries,
        steps=steps_of(told.tool, progress, status, [file.name for file in files])
        if told.tool
        else [],
        started=row.started,
        stopped=row.stopped,
        deleted=row.deleted,
        cancel_requested=row.cancel_requested,
        node=row.node,
        outputs=[to_output(file) for file in files] if files else [],
        n_outputs=n_files,
    )
