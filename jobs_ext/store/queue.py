"""What the runner asks of the store: which jobs can go on, and what is under way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from ..model.reasons import LOST
from ..model.status import ACTIVE, Status
from .jobs import JobRow
from .prepared import Prepared, Updates, insertion
from .schema import attempt, batch, job, needs, output

AttemptRow = Row[Any]

_ACTIVE = [str(status) for status in ACTIVE]
_BAD = [str(Status.FAILED), str(Status.CANCELLED)]


_WITHOUT_MAIN = ["command", "script"]  # kinds of jobs that declare no outputs
_UNMADE = batch.c.made < batch.c.n_jobs
_GLANCE = Prepared(
    select(
        exists().where(_UNMADE, batch.c.cancel_requested.is_(None)).label("unmade"),
        exists().where(_UNMADE, batch.c.cancel_requested.is_not(None)).label("called_off"),
        exists().where(job.c.status == literal_column("'PENDING'")).label("pending"),
        select(func.min(job.c.not_before))
        .where(job.c.not_before > bindparam("now"))
        .scalar_subquery()
        .label("due"),
    )
)


def glance(connection: Connection, now: float) -> Row[Any]:
    """Return what there is to do.

    `unmade`: batches lack jobs; `called_off`: cancelled ones do; `pending`: jobs wait for others,
    for a time or for a release; `due`: when the next back-off ends (epoch, after `now`).
    """
    return _GLANCE.run(connection, now=now).one()


def ready(connection: Connection, now: float, limit: int) -> list[JobRow]:
    """Return PENDING jobs with nothing left to wait for."""
    open_needs = _a_need_that(job.alias("needed"), is_open)
    query = select(job).where(
        job.c.status == str(Status.PENDING),
        ~job.c.held,
        or_(job.c.not_before.is_(None), job.c.not_before <= now),
        ~open_needs,
    )
    return list(connection.execute(query.order_by(job.c.pk).limit(limit)))


class Needed(NamedTuple):
    """A needed job that did not succeed."""

    name: str
    status: str
    reason: str | None


def doomed(connection: Connection, limit: int) -> list[tuple[JobRow, Needed]]:
    """Return PENDING jobs one of whose needed jobs did not succeed, with that job."""
    needed = job.alias("needed")
    query = (
        select(job, *(needed.c[name].label(f"needed_{name}") for name in Needed._fields))
        .join(needs, needs.c.job_pk == job.c.pk)
        .join(needed, needed.c.pk == needs.c.needed_pk)
        .where(job.c.status == str(Status.PENDING), needed.c.status.in_(_BAD), ~needs.c.ended)
        .group_by(job.c.pk)
        .limit(limit)
    )
    return [
        (row, Needed(row.needed_name, row.needed_status, row.needed_reason))
        for row in connection.execute(query)
    ]


def is_open(needed: Any) -> ColumnElement[bool]:
    """Return the condition that a job still waits for `needed`, joined to it by `needs`."""
    good = str(Status.SUCCEEDED)
    running = needed.c.status.not_in([good, *_BAD])
    return or_(running, and_(needed.c.status != good, ~needs.c.ended))


def _a_need_that(needed: Any, condition: Any) -> Any:
    return exists().where(
        and_(needs.c.job_pk == job.c.pk, needed.c.pk == needs.c.needed_pk, condition(needed))
    )


def active(connection: Connection) -> list[JobRow]:
    """Return the jobs that are STARTING or RUNNING on this machine."""
    here = and_(job.c.status.in_(_ACTIVE), job.c.node.is_(None))
    query = select(job).where(here).order_by(job.c.pk)
    return list(connection.execute(query))


_LAST_NUMBER = (
    select(func.max(attempt.c.number))
    .where(attempt.c.job_pk == job.c.pk)
    .correlate(job)
    .scalar_subquery()
)
_TO_CANCEL = Prepared(
    select(job.c.id, _LAST_NUMBER.label("number")).where(
        job.c.status.in_([literal_column(f"'{status}'") for status in _ACTIVE]),
        job.c.cancel_requested.is_not(None),
        job.c.node.is_(None),
    )
)


def to_cancel(connection: Connection) -> list[tuple[str, int]]:
    """Return job and attempt of those under way here that someone asked to cancel."""
    return [(row.id, row.number) for row in _TO_CANCEL.run(connection)]


def _listed(name: str, type_: Any) -> Any:
    """Return the values of a JSON array that is given by name, to be used in an ``IN``."""
    return select(func.json_each(bindparam(name)).table_valued(column("value", type_)).c.value)


def _json(values: Sequence[Any]) -> str:
    return msgspec.json.encode(values).decode()


_STILL_RUNNABLE = Prepared(
    select(job.c.pk, func.coalesce(_LAST_NUMBER, literal_column("0")).label("number")).where(
        job.c.pk.in_(_listed("pks", Integer)), job.c.status == literal_column("'RUNNABLE'")
    )
)


def still_runnable(tx: Connection, pks: Sequence[int]) -> dict[int, int]:
    """Return, for those of these jobs that are RUNNABLE, the number of attempts they had."""
    found = _STILL_RUNNABLE.run(tx, pks=_json(pks))
    return {row.pk: row.number for row in found}


_LATEST = attempt.alias("latest")
_UNDER_WAY = Prepared(
    select(
        *(job.c[name] for name in ("pk", "id", "owner", "batch", "status", "spec")),
        *(job.c[name] for name in ("cancel_requested", "deleted", "node")),
        _LATEST.c.number,
        _LATEST.c.status.label("attempt_status"),
    )
    .select_from(
        job.join(_LATEST, and_(_LATEST.c.job_pk == job.c.pk, _LATEST.c.number == _LAST_NUMBER))
    )
    .where(job.c.id.in_(_listed("ids", Text)))
)


def with_latest_attempts(connection: Connection, ids: Iterable[str]) -> dict[str, JobRow]:
    """Return, by job id, what `Changes` needs of a job, its spec, and its latest attempt.

    That one is there as `number` and `attempt_status`. Jobs without any are left out.
    """
    found = _UNDER_WAY.run(connection, ids=_json(list(ids)))
    return {row.id: row for row in found}


def last_attempts(connection: Connection, pks: Collection[int]) -> dict[int, AttemptRow]:
    """Return the row of the latest attempt of each job that has one."""
    found: dict[int, AttemptRow] = {}
    wanted = list(pks)
    for start in range(0, len(wanted), 500):
        query = select(attempt).where(attempt.c.job_pk.in_(wanted[start : start + 500]))
        for row in connection.execute(query.order_by(attempt.c.number)):
            found[row.job_pk] = row
    return found


def attempt_of(connection: Connection, pk: int, number: int) -> AttemptRow | None:
    """Return the row of an attempt of a job."""
    where = (attempt.c.job_pk == pk, attempt.c.number == number)
    return connection.execute(select(attempt).where(*where)).one_or_none()


def gpus_of(row: AttemptRow) -> tuple[str, ...]:
    """Return the GPUs that an attempt was given."""
    return tuple(row.gpus.split(",")) if row.gpus else ()


def lost_attempts(connection: Connection, pk: int) -> int:
    """Return how many attempts of a job were lost."""
    query = select(func.count()).select_from(attempt)
    query = query.where(attempt.c.job_pk == pk, attempt.c.reason_code.in_(LOST))
    return int(connection.execute(query).scalar_one())


_ADD_ATTEMPT = insertion(
    attempt, frozenset({"job_pk", "number", "status", "claimed", "gpus", "node"})
)


def add_attempts(tx: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Insert attempts."""
    _ADD_ATTEMPT.run_many(tx, rows)


def attempt_updates() -> Updates:
    """Return what gathers columns of attempts to set, by job (pk) and number."""
    return Updates(attempt)


def drop_attempt(tx: Connection, pk: int, number: int) -> None:
    """Remove an attempt that was never started."""
    where = and_(attempt.c.job_pk == pk, attempt.c.number == number)
    tx.execute(attempt.delete().where(where))


def add_outputs(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert outputs; of two with one name the first is kept."""
    if rows:
        tx.execute(upsert(output).on_conflict_do_nothing(), list(rows))


def output_paths(connection: Connection, wanted: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return, by ``"job id/name"``, the paths of outputs of the jobs' latest attempts.

    Without a name it is the only main one, else the only one that a command or script left. What
    only an earlier attempt wrote is not there: it failed.
    """
    latest = select(func.max(attempt.c.number)).where(attempt.c.job_pk == job.c.pk)
    query = (
        select(output.c.path)
        .join(job, job.c.pk == output.c.job_pk)
        .where(output.c.attempt == latest.scalar_subquery())
        .limit(2)
    )
    found: dict[str, str] = {}
    for job_id, name in wanted:
        of_job = query.where(job.c.id == job_id)
        paths = _texts(connection, of_job.where(output.c.name == name if name else output.c.main))
        if not paths and not name:
            paths = _texts(connection, of_job.where(job.c.kind.in_(_WITHOUT_MAIN)))
        if len(paths) == 1:
            found[f"{job_id}/{name}"] = paths[0]
    return found


def _texts(connection: Connection, query: Select[Any]) -> list[str]:
    return [str(text) for (text,) in connection.execute(query)]


def bring_forward(tx: Connection, now: float, latest: float) -> None:
    """Let back-offs that would end after `latest` end `now`; both are epochs."""
    tx.execute(update(job).where(job.c.not_before > latest).values(not_before=now))
