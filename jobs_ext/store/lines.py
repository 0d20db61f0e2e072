"""Lines: jobs that are alike to whoever chooses the next one, in the order of age.

What is read to choose depends on how many lines there are, never on how many jobs stand in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from ..model.status import ACTIVE, Status
from .prepared import Prepared
from .schema import job, line, turn

LineRow = Row[Any]
JobRow = Row[Any]

_FACTS = (
    *("owner", "queue", "priority", "cpu", "memory", "gpu"),
    *("tool", "tool_max", "batch_pk", "batch_max", "executor", "tags"),
)
_FIND = select(line.c.pk).where(*(line.c[name] == bindparam(name) for name in _FACTS))
_RUNNABLE = job.c.status == literal_column("'RUNNABLE'")  # so that the partial index is used


def tags_text(tags: Iterable[str]) -> str:
    """Return tags as a line has them: the same JSON for the same tags."""
    return msgspec.json.encode(sorted(set(tags))).decode()


def place(tx: Connection, facts: Mapping[str, Any]) -> int:
    """Return the line of jobs with these facts, made when there is none: the columns of `line`."""
    given = {name: facts[name] for name in _FACTS}
    found = tx.execute(_FIND, given).scalar()
    if found is None:
        found = tx.execute(insert(line).returning(line.c.pk), given).scalar_one()
    return int(found)


def facts(connection: Connection, pk: int) -> dict[str, Any]:
    """Return what the jobs of a line have in common, as `place` takes it."""
    row = connection.execute(select(line).where(line.c.pk == pk)).one()
    return {name: row._mapping[name] for name in _FACTS}


# SQLite would rather look through all that are RUNNABLE by the index of statuses.
_WAITING = Prepared(
    text("""
    WITH RECURSIVE waiting (pk) AS (
        SELECT min(line) FROM job INDEXED BY job_line WHERE status = 'RUNNABLE'
        UNION ALL
        SELECT (
            SELECT min(line) FROM job INDEXED BY job_line
            WHERE status = 'RUNNABLE' AND line > waiting.pk
        )
        FROM waiting WHERE waiting.pk IS NOT NULL
    )
    SELECT line.*, (
        SELECT min(pk) FROM job INDEXED BY job_line WHERE status = 'RUNNABLE' AND line = waiting.pk
    ) AS head
    FROM waiting JOIN line ON line.pk = waiting.pk AND line.executor = :executor
    """)
)


def waiting(connection: Connection, executor: str = "local") -> list[LineRow]:
    """Return the lines in which jobs of an executor are RUNNABLE.

    Each has the pk of its first job (`head`).
    """
    return [*_WAITING.run(connection, executor=executor).all()]


_FIRST = Prepared(
    select(job)
    .where(_RUNNABLE, job.c.line == bindparam("line"), job.c.pk > bindparam("after"))
    .where(or_(job.c.not_before.is_(None), job.c.not_before <= bindparam("now")))
    .order_by(job.c.pk)
    .limit(bindparam("most"))
    .offset(literal_column("0"))  # else SQLAlchemy gives a value of its own
)


def first(
    connection: Connection, pk: int, limit: int, *, after: int = 0, now: float
) -> list[JobRow]:
    """Return the first jobs of a line whose pks are above `after` and whose back-off is over."""
    return [*_FIRST.run(connection, line=pk, after=after, now=now, most=limit).all()]


_PLACES = Prepared(
    select(job.c.pk)
    .where(_RUNNABLE, job.c.line == bindparam("line"))
    .order_by(job.c.pk)
    .limit(bindparam("most"))
    .offset(literal_column("0"))
)


def places(connection: Connection, pk: int, limit: int) -> list[int]:
    """Return the pks of the first jobs of a line."""
    return [*_PLACES.run(connection, line=pk, most=limit).scalars().all()]


_ACTIVE = Prepared(
    select(
        *(line.c[name] for name in _FACTS),
        func.count().label("jobs"),
    )
    .select_from(job.join(line, line.c.pk == job.c.line))
    .where(job.c.status.in_([literal_column(f"'{status}'") for status in sorted(ACTIVE)]))
    .group_by(line.c.pk)
)


def active(connection: Connection) -> list[LineRow]:
    """Return the facts of the lines of which jobs are under way, and how many are (`jobs`)."""
    return [*_ACTIVE.run(connection).all()]


def turns(connection: Connection) -> dict[str, int]:
    """Return whose turn was last: the larger an owner's number, the later."""
    return {row.owner: row.last for row in connection.execute(select(turn))}


def take_turns(tx: Connection, owners: Sequence[str]) -> None:
    """Note whose turn it was, the latest last."""
    if not owners:
        return
    latest = tx.execute(select(func.max(turn.c.last))).scalar() or 0
    rows = [{"owner": owner, "last": n} for n, owner in enumerate(owners, latest + 1)]
    fresh = upsert(turn)
    later = fresh.on_conflict_do_update(
        index_elements=["owner"], set_={"last": fresh.excluded.last}
    )
    tx.execute(later, rows)


_PASS = (
    update(line)
    .where(line.c.pk == bindparam("of"))
    .values(passed_pk=bindparam("first"), passed_since=bindparam("since"))
)


def let_pass(tx: Connection, passed: Mapping[int, int | None], since: float) -> None:
    """Note since when the first of a line lets others pass, by line; None: it does no more."""
    if passed:
        rows = [
            {"of": pk, "first": head, "since": None if head is None else since}
            for pk, head in passed.items()
        ]
        tx.execute(_PASS, rows)


def kinds_in_batch(connection: Connection, batch_pk: int) -> list[tuple[int, str]]:
    """Return the lines and specs of the jobs of a batch that wait."""
    query = select(job.c.line, job.c.spec).where(_waiting_in(batch_pk)).distinct()
    return [(row.line, row.spec) for row in connection.execute(query)]


def move_in_batch(
    tx: Connection, batch_pk: int, pk: int, spec: str, columns: Mapping[str, Any]
) -> None:
    """Set columns of the jobs of a batch that wait in a line and have this spec."""
    where = (_waiting_in(batch_pk), job.c.line == pk, job.c.spec == spec)
    tx.execute(update(job).where(*where).values(**columns))


def _waiting_in(batch_pk: int) -> ColumnElement[bool]:
    return and_(
        job.c.batch_pk == batch_pk,
        job.c.status.in_([str(Status.PENDING), str(Status.RUNNABLE)]),
    )
