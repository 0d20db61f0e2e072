"""Rows of data sets: one for each version, which stays as a mark when it is deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, update

from .schema import dataset

DatasetRow = Row[Any]
_THERE = dataset.c.deleted.is_(None)
_SHOWN = [column for column in dataset.c if column.name != "deleted"]


def _called(project: str, name: str) -> ColumnElement[bool]:
    return and_(dataset.c.project == project, dataset.c.name == name)


def latest(connection: Connection, project: str, after: str, limit: int) -> list[DatasetRow]:
    """Return the newest versions of a project's data sets whose names come after one, by name."""
    other = dataset.alias()
    newest = select(func.max(other.c.version)).where(
        other.c.project == project, other.c.name == dataset.c.name, other.c.deleted.is_(None)
    )
    query = select(*_SHOWN).where(
        _THERE,
        dataset.c.project == project,
        dataset.c.name > after,
        dataset.c.version == newest.scalar_subquery(),
    )
    return list(connection.execute(query.order_by(dataset.c.name).limit(limit)))


def versions(
    connection: Connection, project: str, name: str, before: int | None, limit: int
) -> list[DatasetRow]:
    """Return the versions of a data set `before` one (None: the newest), the newest first."""
    query = select(*_SHOWN).where(_THERE, _called(project, name))
    if before is not None:
        query = query.where(dataset.c.version < before)
    return list(connection.execute(query.order_by(dataset.c.version.desc()).limit(limit)))


def find(connection: Connection, project: str, name: str, version: int | None) -> DatasetRow | None:
    """Return a version of a data set that is there; None: the newest."""
    query = select(*_SHOWN).where(_THERE, _called(project, name))
    if version is not None:
        query = query.where(dataset.c.version == version)
    return connection.execute(query.order_by(dataset.c.version.desc()).limit(1)).one_or_none()


def last_version(connection: Connection, project: str, name: str) -> int:
    """Return the highest version that a data set ever had, 0 for none."""
    query = select(func.max(dataset.c.version)).where(_called(project, name))
    return connection.execute(query).scalar() or 0


def add(tx: Connection, row: Mapping[str, Any]) -> None:
    """Keep a version."""
    tx.execute(insert(dataset), [dict(row)])


def remove(
    tx: Connection, time: str, project: str, name: str | None = None, version: int | None = None
) -> list[str]:
    """Mark a project's data sets, those of a name, or one version deleted; return their hashes."""
    chosen = [_THERE, dataset.c.project == project]
    chosen += [] if name is None else [dataset.c.name == name]
    chosen += [] if version is None else [dataset.c.version == version]
    marked = update(dataset).where(*chosen).values(deleted=time).returning(dataset.c.sha256)
    return list(tx.execute(marked).scalars())


def kept(connection: Connection, hashes: Iterable[str]) -> set[str]:
    """Return those of these contents that some data set has."""
    query = select(dataset.c.sha256).where(_THERE, dataset.c.sha256.in_(list(hashes)))
    return set(connection.execute(query.distinct()).scalars())
