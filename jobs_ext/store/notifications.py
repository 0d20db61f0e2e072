"""Rows of notifications and their deliveries, and how far the events have been looked through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from ..model.clock import from_epoch
from ..model.ids import new_id
from ..model.notification import Delivery, Notification, Notify, Words
from . import cursors
from .events import head
from .schema import batch as batches
from .schema import delivery, notification, subscriber
from .schema import job as jobs

NAME = "notifications"  # of the subscriber
_SHOWN = 20  # deliveries of one notification
_DUE = text("delivery.status = 'due'")  # as the index says it
_FAR = 900.0  # seconds: nothing is put off for so long, but the clock may be put back


class Told(NamedTuple):
    """Somebody to tell, the place that is, and whether the configuration says so."""

    notify: Notify
    place: str
    preset: bool = False


def make(
    tx: Connection,
    wanted: Iterable[Told],
    owner: str,
    created: str,
    *,
    job: str | None = None,
    batch: str | None = None,
    since: int = 0,
) -> list[str]:
    """Insert whom a job or batch tells, and return their ids.

    Events up to the number `since` are not told.
    """
    where = {"owner": owner, "created": created, "job": job, "batch": batch, "since": since}
    rows = [where | {"id": new_id()} | _columns(one) for one in wanted]
    if rows:
        tx.execute(insert(notification), rows)
    return [str(row["id"]) for row in rows]


def _columns(told: Told) -> dict[str, Any]:
    one, place, preset = told
    return {
        "url": one.url,
        "headers": _json(one.headers),
        "events": _json(one.events),
        "persistent": one.persistent,
        "retries": one.retries,
        "place": place,
        "preset": preset,
        "words": None if one.words is None else _json(one.words),
    }


def of(
    connection: Connection, *, job: str | None = None, batch: str | None = None
) -> list[Row[Any]]:
    """Return the rows of a job or of a batch, oldest first."""
    where = notification.c.job == job if job else notification.c.batch == batch
    return list(connection.execute(select(notification).where(where).order_by(notification.c.pk)))


def by_id(connection: Connection, id_: str) -> Row[Any] | None:
    """Return the row with an id, None when there is none."""
    return connection.execute(select(notification).where(notification.c.id == id_)).first()


def of_jobs(connection: Connection, owner: str, limit: int, offset: int) -> list[Row[Any]]:
    """Return the rows of an owner's jobs, newest first, but for jobs in the trash."""
    query = (
        select(notification)
        .join(jobs, jobs.c.id == notification.c.job)
        .where(notification.c.owner == owner, jobs.c.deleted.is_(None))
    )
    page = query.order_by(notification.c.pk.desc()).limit(limit).offset(offset)
    return list(connection.execute(page))


def page(
    connection: Connection, owner: str | None, limit: int, cursor: str | None
) -> tuple[list[Row[Any]], str | None]:
    """Return one page of the rows of an owner, or of all, newest first, and the next's cursor.

    What lies in the trash tells nobody anything: it is left out.
    """
    query = (
        select(notification)
        .outerjoin(jobs, jobs.c.id == notification.c.job)
        .outerjoin(batches, batches.c.id == notification.c.batch)
        .where(jobs.c.deleted.is_(None), batches.c.deleted.is_(None))
        .order_by(notification.c.pk.desc())
    )
    if owner is not None:
        query = query.where(notification.c.owner == owner)
    if cursor is not None:
        query = query.where(notification.c.pk < cursors.decode(cursor, NAME))
    rows = list(connection.execute(query.limit(limit + 1)))
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursors.encode(NAME, rows[limit - 1].pk)


def to_notify(row: Row[Any]) -> Notify:
    """Return what was asked for."""
    return Notify(
        url=row.url,
        events=msgspec.json.decode(row.events),
        persistent=row.persistent,
        retries=row.retries,
        headers=msgspec.json.decode(row.headers),
        words=to_words(row),
    )


def to_words(row: Row[Any]) -> Words | None:
    """Return in whose words it is told; None: in our own."""
    return None if row.words is None else msgspec.json.decode(row.words, type=Words)


def to_notifications(
    connection: Connection, rows: Sequence[Row[Any]], urls: Sequence[str]
) -> list[Notification]:
    """Return what the API says of these, with `urls` in the place of their own."""
    found = _deliveries(connection, [row.pk for row in rows])
    return [
        Notification(
            id=row.id,
            url=url,
            events=msgspec.json.decode(row.events),
            persistent=row.persistent,
            retries=row.retries,
            headers=list(msgspec.json.decode(row.headers)),
            preset=row.preset,
            created=row.created,
            job=row.job,
            batch=row.batch,
            words=to_words(row),
            deliveries=found[row.pk],
        )
        for row, url in zip(rows, urls, strict=True)
    ]


def _deliveries(connection: Connection, pks: Sequence[int]) -> dict[int, list[Delivery]]:
    found: dict[int, list[Delivery]] = defaultdict(list)
    for pk in pks:
        query = select(delivery).where(delivery.c.notification_pk == pk)
        for row in connection.execute(query.order_by(delivery.c.pk.desc()).limit(_SHOWN)):
            due = from_epoch(row.due) if row.status == "due" else None
            found[pk].append(
                Delivery(
                    row.id, row.event, row.status, row.tries, row.created, row.done, due, row.error
                )
            )
    return found


def forget(tx: Connection, which: ColumnElement[bool]) -> None:
    """Remove notifications with their deliveries."""
    chosen = select(notification.c.pk).where(which)
    tx.execute(delete(delivery).where(delivery.c.notification_pk.in_(chosen)))
    tx.execute(delete(notification).where(which))


def change(tx: Connection, pk: int, told: Told, since: int) -> None:
    """Let a notification tell something else, of events after the number `since`."""
    fresh = {name: value for name, value in _columns(told).items() if name != "preset"}
    values = fresh | {"since": since, "closed": False, "together": None}
    tx.execute(update(notification).where(notification.c.pk == pk).values(values))


def remove(tx: Connection, pk: int) -> None:
    """Remove a notification with its deliveries."""
    forget(tx, notification.c.pk == pk)


def cursor(connection: Connection) -> int:
    """Return the number of the last event that was looked at."""
    query = select(subscriber.c.seq).where(subscriber.c.name == NAME)
    return int(connection.execute(query).scalar() or 0)


def move_cursor(tx: Connection, seq: int) -> None:
    """Note that the events up to number `seq` were looked at."""
    fresh = upsert(subscriber).values(name=NAME, seq=seq)
    tx.execute(fresh.on_conflict_do_update(index_elements=["name"], set_={"seq": seq}))


def newest_event(connection: Connection) -> tuple[int, bool]:
    """Return the number of the newest event, and whether anybody is to be told of anything."""
    somebody = connection.execute(select(notification.c.pk).limit(1)).scalar()
    return head(connection), somebody is not None


# The events lead, however few notifications the statistics tell of: these are found by index.
_OF_JOBS = text("""
    SELECT n.pk, n.events, n.persistent, n.together, n.url, e.seq, e.time, e.type, e.data
    FROM event e CROSS JOIN notification n ON n.job = e.job
    WHERE e.seq > :after AND e.seq <= :last AND e.seq > n.since AND NOT n.closed
    AND e.type NOT IN ('progress', 'outputs', 'changed')
    ORDER BY e.seq
""")
_OF_BATCHES = text("""
    SELECT DISTINCT n.pk, n.batch FROM event e CROSS JOIN notification n ON n.batch = e.batch
    WHERE e.seq > :after AND e.seq <= :last AND NOT n.closed
""")


def told_of_jobs(connection: Connection, after: int, last: int) -> list[Row[Any]]:
    """Return events numbered from `after` to `last` beside the notifications of their jobs."""
    return list(connection.execute(_OF_JOBS, {"after": after, "last": last}))


def join(tx: Connection, jobs: Sequence[str]) -> None:
    """Let those of these jobs who tell the same place tell it once, when all have ended.

    Whom the configuration names is told of each.
    """
    asked = notification.c.job.in_(jobs) & ~notification.c.preset
    tx.execute(update(notification).where(asked).values(together=_json(jobs)))


def first_together(connection: Connection, together: str, url: str) -> int:
    """Return the pk of the notification that tells for all of those with these jobs."""
    ids = msgspec.json.decode(together, type=list[str])
    same = notification.c.job.in_(ids) & (notification.c.url == url)
    query = select(func.min(notification.c.pk)).where(same, notification.c.together == together)
    return int(connection.execute(query).scalar_one())


def batches_moved(connection: Connection, after: int, last: int) -> list[Row[Any]]:
    """Return the open notifications (pk, batch) of batches that these events are about."""
    return list(connection.execute(_OF_BATCHES, {"after": after, "last": last}))


def close(tx: Connection, pks: Iterable[int]) -> None:
    """Let these tell nothing more."""
    tx.execute(update(notification).where(notification.c.pk.in_(list(pks))).values(closed=True))


def add_deliveries(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert deliveries; one that was there for the same event stays as it is."""
    if rows:
        tx.execute(upsert(delivery).on_conflict_do_nothing(), [{"id": new_id()} | r for r in rows])


def due(connection: Connection, now: float, limit: int, without: Collection[str]) -> list[Row[Any]]:
    """Return the deliveries that are due (epoch `now`), the oldest first, with whom they tell.

    Those to the places `without` are left out.
    """
    names = ("url", "place", "headers", "words", "retries", "job", "batch")
    late = or_(delivery.c.due <= now, delivery.c.due > now + _FAR)
    query = (
        select(delivery, *(notification.c[name] for name in names))
        .join(notification, notification.c.pk == delivery.c.notification_pk)
        .where(_DUE, late, notification.c.place.not_in(without))
        .order_by(delivery.c.due)
        .limit(limit)
    )
    return list(connection.execute(query))


def next_due(connection: Connection, without: Collection[str]) -> float | None:
    """Return when the next delivery is due (epoch), but for these places; None when none is."""
    query = (
        select(func.min(delivery.c.due))
        .join(notification, notification.c.pk == delivery.c.notification_pk)
        .where(_DUE, notification.c.place.not_in(without))
    )
    found: float | None = connection.execute(query).scalar()
    return found


def by_pks(connection: Connection, pks: Sequence[int]) -> dict[int, Row[Any]]:
    """Return deliveries with how often they are tried again (`retries`), by pk."""
    query = (
        select(delivery, notification.c.retries)
        .join(notification, notification.c.pk == delivery.c.notification_pk)
        .where(delivery.c.pk.in_(pks))
    )
    return {row.pk: row for row in connection.execute(query)}


def expire(tx: Connection, before: str, now: str) -> None:
    """Give up what has been due since `before`."""
    values = {"status": "failed", "done": now}
    tx.execute(update(delivery).where(_DUE, delivery.c.created < before).values(values))


def settle(tx: Connection, pk: int, **columns: Any) -> None:
    """Set columns of a delivery."""
    tx.execute(update(delivery).where(delivery.c.pk == pk).values(**columns))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
