"""What is to be told, for whom delivers it. Knows no principal.

The outbox is one reader of the events, with a cursor. What it finds to tell is kept as deliveries,
each event of a notification once; a delivery is due until it was sent or given up. Whoever dies
between the sending and the note of it sends once more, under the same id.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row

from ..model.clock import from_epoch, now
from ..model.job import Batch, Job
from ..model.notification import ENDED, Words, event_of, matches
from ..model.status import Status
from ..store import batches as batch_rows
from ..store import jobs as job_rows
from ..store import notifications as rows
from .core import Core
from .macros import expand, values_of
from .notifications import all_ended
from .telling import told

_CHUNK = 5000  # events that are looked at in one read
_STRIDE = 20_000  # events after which the cursor is kept though there was nothing to tell
_LONGEST_PAUSE = 300.0  # seconds between two tries
_GIVE_UP = 86_400.0  # seconds after which nothing is tried any more


class Message(Struct, frozen=True):
    """One event to tell to one place."""

    pk: int  # of the delivery
    delivery: str  # its id
    place: str  # who is spared when he does not answer
    url: str  # with its macros replaced
    headers: dict[str, str]
    event: str
    body: bytes  # JSON
    subject: str
    text: str


class Tried(Struct, frozen=True):
    """What a try to deliver came to."""

    pk: int
    error: str | None = None  # None: it was delivered
    final: bool = False  # another try is useless


class Outbox:
    """Finds what is to be told, and notes what became of it. For one thread."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store
        self._cursor: int | None = None  # the last event looked at
        self._kept = 0  # the cursor in the store

    def collect(self) -> bool:
        """Look at the events that are new, and keep what is to be told of them.

        Tells whether there is anybody to tell anything.
        """
        while True:
            with self._store.read() as connection:
                last, somebody = rows.newest_event(connection)
                if self._cursor is None:
                    self._cursor = self._kept = rows.cursor(connection)
                start = self._cursor
                last = min(last, start + _CHUNK) if somebody else last
                found = _told(connection, start, last) if somebody else _Told([], [])
            if found.deliveries or last - self._kept >= _STRIDE:
                self._keep(found, last)
            self._cursor = max(start, last)
            if last < start + _CHUNK or not somebody:
                return somebody

    def due(self, limit: int, without: Collection[str]) -> list[Message]:
        """Return the oldest deliveries that are due, but for those to these places."""
        with self._store.read() as connection:
            found = rows.due(connection, time.time(), limit, without)
            return [self._message(connection, row) for row in found]

    def next_due(self, without: Collection[str]) -> float | None:
        """Return when (epoch) the next delivery is due, but for those to these places."""
        with self._store.read() as connection:
            return rows.next_due(connection, without)

    def settle(self, tried: Sequence[Tried]) -> None:
        """Note what tries to deliver came to: those that failed are due again later."""
        if not tried:
            return
        present = time.time()
        with self._store.write(poke=()) as tx:
            known = rows.by_pks(tx, [one.pk for one in tried])
            for one in tried:
                if one.pk in known:  # else it was withdrawn meanwhile
                    rows.settle(tx, one.pk, **_settled(known[one.pk], one, present))
            if any(one.error for one in tried):
                rows.expire(tx, from_epoch(present - _GIVE_UP), now())

    def _keep(self, found: _Told, last: int) -> None:
        with self._store.write(poke=()) as tx:
            rows.add_deliveries(tx, found.deliveries)
            rows.close(tx, found.closed)
            rows.move_cursor(tx, last)
        self._kept = last

    def _message(self, connection: Connection, row: Row[Any]) -> Message:
        thing = self._thing(connection, row)
        words = rows.to_words(row)
        if words is not None and isinstance(thing, Job):
            return self._in_words(connection, row, words, thing)
        body = {"delivery": row.id, "event": row.event, "time": row.time}
        body["batch" if row.batch else "job"] = msgspec.to_builtins(thing)
        return Message(
            pk=row.pk,
            delivery=row.id,
            place=row.place,
            url=expand(row.url, values_of(thing, row.event)),
            headers=msgspec.json.decode(row.headers),
            event=row.event,
            body=msgspec.json.encode(body),
            subject=f"{thing.name}: {row.event}",
            text=_text(thing, row.event),
        )

    def _in_words(self, connection: Connection, row: Row[Any], words: Words, job: Job) -> Message:
        """Return a message as a dialect tells it."""
        of_job = job_rows.by_id(connection, job.id)
        assert of_job is not None, "it has just been presented"
        spec = self._core.specs.load(connection, [of_job.spec])[of_job.spec]
        said = told(words, job, spec.tool, row.event, row.id)
        return Message(
            pk=row.pk,
            delivery=row.id,
            place=row.place,
            url=expand(row.url, said.values),
            headers=msgspec.json.decode(row.headers) | said.headers,
            event=row.event,
            body=msgspec.json.encode(said.body),
            subject=said.subject,
            text=said.text,
        )

    def _thing(self, connection: Connection, row: Row[Any]) -> Job | Batch:
        """Return the job or batch that is told of; it is there: a purge takes both."""
        if row.batch is not None:
            found = batch_rows.by_id(connection, row.batch, None)
            assert found is not None
            spec = self._core.specs.load(connection, [found.spec])[found.spec]
            return batch_rows.to_batch(connection, found, spec)
        job = job_rows.by_id(connection, row.job)
        return self._core.present(connection, [job])[0]


class _Told(Struct, frozen=True):
    """What events made due."""

    deliveries: list[dict[str, Any]]
    closed: list[int]  # notifications that tell nothing more


def _told(connection: Connection, after: int, last: int) -> _Told:
    deliveries, closed = [], []
    for row in rows.told_of_jobs(connection, after, last):
        event = event_of(row.type, msgspec.json.decode(row.data))
        if event is None or row.pk in closed:
            continue
        if row.together is not None:
            deliveries += _told_together(connection, row)
        elif matches(msgspec.json.decode(row.events), event):
            deliveries.append(_delivery(row.pk, row.seq, event, row.time))
            closed += [] if row.persistent else [row.pk]
    for row in rows.batches_moved(connection, after, last):
        batch = batch_rows.by_id(connection, row.batch, None)
        if batch is not None and all_ended(batch_rows.counts(connection, batch)):
            deliveries.append(_delivery(row.pk, 0, ENDED, now()))
            closed.append(row.pk)
    return _Told(deliveries, closed)


def _told_together(connection: Connection, row: Row[Any]) -> list[dict[str, Any]]:
    """Return what is due when the last of several jobs has ended, else nothing; it is kept once."""
    ids = msgspec.json.decode(row.together, type=list[str])
    jobs = job_rows.by_ids(connection, ids).values()
    if not all(Status(job.status).final for job in jobs):
        return []
    first = rows.first_together(connection, row.together, row.url)
    return [_delivery(first, 0, ENDED, row.time)]


def _delivery(pk: int, seq: int, event: str, happened: str) -> dict[str, Any]:
    return {
        "notification_pk": pk,
        "seq": seq,
        "event": event,
        "time": happened,
        "status": "due",
        "tries": 0,
        "due": time.time(),
        "created": now(),
    }


def _settled(row: Row[Any], tried: Tried, present: float) -> dict[str, Any]:
    """Return the columns of a delivery after a try."""
    tries = row.tries + 1
    if tried.error is None:
        return {"status": "sent", "tries": tries, "done": now(), "error": None}
    if tried.final or tries > row.retries:
        return {"status": "failed", "tries": tries, "done": now(), "error": tried.error}
    pause = min(_LONGEST_PAUSE, 2.0 ** (tries - 1))
    return {"tries": tries, "due": present + pause, "error": tried.error}


def _text(thing: Job | Batch, event: str) -> str:
    facts = {"name": thing.name, "id": thing.id, "target": thing.target.name, "event": event}
    if isinstance(thing, Job):
        facts |= {
            "status": thing.status,
            "reason": thing.reason or "",
            "started": thing.started or "",
            "stopped": thing.stopped or "",
            "outputs": ", ".join(output.name for output in thing.outputs),
        }
    else:
        facts |= {status: str(number) for status, number in thing.counts.items() if number}
    return "".join(f"{name}: {value}\n" for name, value in facts.items() if value)
