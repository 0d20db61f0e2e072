"""Rows of projects and their members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, or_, select
from sqlalchemy.dialects.sqlite import insert

from .schema import batch, job, project, project_member

ProjectRow = Row[Any]
_THERE = project.c.deleted.is_(None)
_PUBLIC = project.c.visibility == "public"


def by_name(connection: Connection, name: str) -> ProjectRow | None:
    """Return the row of a project, a deleted one too."""
    return connection.execute(select(project).where(project.c.name == name)).one_or_none()


def page(connection: Connection, viewer: str | None, after: str, limit: int) -> list[ProjectRow]:
    """Return the next projects by name that `viewer` sees; None sees all."""
    query = select(project).where(_THERE, project.c.name > after)
    if viewer is not None:
        query = query.where(or_(_PUBLIC, _has(viewer)))
    return list(connection.execute(query.order_by(project.c.name).limit(limit)))


def names_of(connection: Connection, viewer: str, limit: int) -> list[str]:
    """Return the names of projects that `viewer` owns or is a member of."""
    query = select(project.c.name).where(_THERE, _has(viewer)).order_by(project.c.name)
    return list(connection.execute(query.limit(limit)).scalars())


def any_for(connection: Connection, viewer: str) -> bool:
    """Tell whether there is any project that `viewer` sees."""
    found = exists().where(_THERE, or_(_PUBLIC, _has(viewer)))
    return bool(connection.execute(select(found)).scalar())


def _has(viewer: str) -> ColumnElement[bool]:
    member = exists().where(
        project_member.c.project == project.c.name, project_member.c.user == viewer
    )
    return or_(project.c.owner == viewer, member)


def members(connection: Connection, name: str) -> dict[str, str]:
    """Return the members of a project with their roles."""
    query = select(project_member.c.user, project_member.c.role)
    query = query.where(project_member.c.project == name).order_by(project_member.c.user)
    return {row.user: row.role for row in connection.execute(query)}


def role(connection: Connection, name: str, user: str) -> str | None:
    """Return the role of one member."""
    where = (project_member.c.project == name, project_member.c.user == user)
    found: str | None = connection.execute(select(project_member.c.role).where(*where)).scalar()
    return found


def put(tx: Connection, row: Mapping[str, Any], members_: Mapping[str, str]) -> None:
    """Keep a project, a whole row, and its members, in place of what was there of that name."""
    fresh = insert(project).values(row)
    tx.execute(fresh.on_conflict_do_update(index_elements=["name"], set_=dict(row)))
    tx.execute(delete(project_member).where(project_member.c.project == row["name"]))
    new = [{"project": row["name"], "user": user, "role": r} for user, r in members_.items()]
    if new:
        tx.execute(insert(project_member), new)


def has_things_of_others(connection: Connection, name: str, owner: str) -> bool:
    """Tell whether jobs or batches of others than `owner` name a project so."""
    found = (exists().where(one.c.project == name, one.c.owner != owner) for one in (job, batch))
    return bool(connection.execute(select(or_(*found))).scalar())
