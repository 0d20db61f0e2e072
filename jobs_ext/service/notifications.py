"""Whom a job or a batch tells: every verb once."""

from __future__ import annotations

import builtins
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Row

from ..model.clock import now
from ..model.errors import Conflict, NotFound
from ..model.grant import Right
from ..model.job import Page
from ..model.notification import (
    DELETED,
    EVERYTHING,
    GRANTED,
    REINSTATED,
    REVOKED,
    Notification,
    Notify,
)
from ..model.status import FINAL
from ..store import batches as batch_rows
from ..store import notifications as rows
from ..store.events import head
from .core import Core
from .principal import Principal
from .searches import check_limit
from .whom import MOST, shown

Kind = str  # "job" or "batch"
_LATER = frozenset({DELETED, REINSTATED, GRANTED, REVOKED, EVERYTHING})  # also after the end


class Notifications:
    """What can be done with the notifications of a job or batch, told apart by `kind`."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._store = core.store

    def list(self, who: Principal, kind: Kind, id_: str) -> builtins.list[Notification]:
        """Return whom a job or batch tells, with what became of it."""
        who.require("read")
        with self._store.read() as connection:
            self._thing(connection, who, kind, id_)
            return _present(connection, rows.of(connection, **{kind: id_}))

    def page(
        self, who: Principal, limit: int = 100, cursor: str | None = None
    ) -> Page[Notification]:
        """Return one page of whom the caller's jobs and batches tell, newest first.

        Who may manage sees those of everybody. None of what lies in the trash.
        """
        who.require("read")
        check_limit(limit)
        with self._store.read() as connection:
            found, following = rows.page(connection, who.scope, limit, cursor)
            return Page(_present(connection, found), following)

    def own(self, who: Principal, limit: int, offset: int = 0) -> builtins.list[Notification]:
        """Return whom the caller's own jobs tell, newest first; none of jobs in the trash."""
        who.require("read")
        with self._store.read() as connection:
            return _present(connection, rows.of_jobs(connection, who.owner, limit, offset))

    def find(self, who: Principal, notification: str) -> Notification:
        """Return one of any job or batch, by its id alone."""
        who.require("read")
        with self._store.read() as connection:
            row = rows.by_id(connection, notification)
            if row is None:
                raise _unknown(notification)
            try:
                self._thing(connection, who, *_teller(row))
            except NotFound:
                raise _unknown(notification) from None
            return _present(connection, [row])[0]

    def get(self, who: Principal, kind: Kind, id_: str, notification: str) -> Notification:
        """Return one of them."""
        who.require("read")
        with self._store.read() as connection:
            self._thing(connection, who, kind, id_)
            return _present(connection, [_one(connection, kind, id_, notification)])[0]

    def add(self, who: Principal, kind: Kind, id_: str, wanted: Notify) -> Notification:
        """Let a job or batch that has not ended tell somebody more, of what happens from now on.

        Asked for twice, it is there once.
        """
        who.require("submit", "run")
        whom = self._core.house.whom
        with self._store.write(poke=()) as tx:
            thing = self._thing(tx, who, kind, id_)
            told = whom.check_one(wanted, "", batch=kind == "batch")
            self._refuse_ended(tx, kind, thing, wanted)
            known = rows.of(tx, **{kind: id_})
            same = [row for row in known if rows.to_notify(row) == wanted and not row.preset]
            if same:
                return _present(tx, same[:1])[0]
            _refuse_many(known)
            made = rows.make(tx, [told], thing.owner, now(), since=head(tx), **{kind: id_})
            return _present(tx, [_one(tx, kind, id_, made[0])])[0]

    def update(
        self, who: Principal, kind: Kind, id_: str, notification: str, wanted: Notify
    ) -> Notification:
        """Let one of them tell what is `wanted` now, of what happens from now on.

        A URL as it is served, without its secrets, stands for the one that is kept.
        """
        who.require("submit", "run")
        whom = self._core.house.whom
        with self._store.write(poke=()) as tx:
            thing = self._thing(tx, who, kind, id_)
            row = _one(tx, kind, id_, notification)
            told = whom.check_one(_with_kept(wanted, row), "", batch=kind == "batch")
            self._refuse_ended(tx, kind, thing, wanted)
            rows.change(tx, row.pk, told, head(tx))
            return _present(tx, [_one(tx, kind, id_, notification)])[0]

    def delete(self, who: Principal, kind: Kind, id_: str, notification: str) -> None:
        """Tell somebody no more, also not of what is due."""
        who.require("submit", "run")
        with self._store.write(poke=()) as tx:
            self._thing(tx, who, kind, id_)
            rows.remove(tx, _one(tx, kind, id_, notification).pk)

    def _thing(self, connection: Connection, who: Principal, kind: Kind, id_: str) -> Row[Any]:
        if kind == "batch":
            return self._core.batch_row(connection, who, id_)
        # Also to look: addresses can hold secrets.
        row: Row[Any] = self._core.job_row(connection, who, id_, Right.WRITE)
        return row

    def _refuse_ended(
        self, connection: Connection, kind: Kind, thing: Row[Any], wanted: Notify
    ) -> None:
        if kind == "job":
            ended = thing.status in FINAL and _LATER.isdisjoint(wanted.events)
        else:
            ended = all_ended(batch_rows.counts(connection, thing))
        if ended:
            raise Conflict(
                f"The {kind} has ended: there is nothing more to tell.",
                field="id",
                value=thing.id,
                hint="Name whom to tell when you submit: options.notify.",
            )


def asked(connection: Connection, job_id: str) -> builtins.list[rows.Told]:
    """Return whom a job was asked to tell."""
    found = rows.of(connection, job=job_id)
    return [rows.Told(rows.to_notify(row), row.place) for row in found if not row.preset]


def all_ended(counts: dict[str, int]) -> bool:
    """Tell whether all jobs of a batch with these counts have ended."""
    return all(status in FINAL or not number for status, number in counts.items())


def _refuse_many(told: builtins.list[Row[Any]]) -> None:
    if len(told) >= MOST:
        raise Conflict(f"{len(told)} are told already; more can't be.", field="url")


def _teller(row: Row[Any]) -> tuple[Kind, str]:
    return ("batch", row.batch) if row.job is None else ("job", row.job)


def _with_kept(wanted: Notify, row: Row[Any]) -> Notify:
    if wanted.url != shown(row.url):
        return wanted
    known = rows.to_notify(row)
    return replace(wanted, url=known.url, headers=wanted.headers or known.headers)


def _unknown(notification: str) -> NotFound:
    return NotFound(
        f"There is no notification {notification!r}.", field="notification", value=notification
    )


def _one(connection: Connection, kind: Kind, id_: str, notification: str) -> Row[Any]:
    for row in rows.of(connection, **{kind: id_}):
        if row.id == notification:
            return row
    raise NotFound(
        f"The {kind} has no notification {notification!r}.",
        field="notification",
        value=notification,
        hint="Its list has the ids.",
    )


def _present(connection: Connection, found: builtins.list[Row[Any]]) -> builtins.list[Notification]:
    return rows.to_notifications(connection, found, [shown(row.url) for row in found])
