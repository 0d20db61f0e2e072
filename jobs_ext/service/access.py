"""Who may do what with a job: the one place that decides it."""

from __future__ import annotations

from sqlalchemy import Connection

from ..model.errors import Forbidden
from ..model.grant import WORLD, Grant, Right
from ..model.project import RIGHTS, Role, Visibility
from ..store import grants, nodes, projects
from ..store.jobs import JobRow
from ..store.projects import ProjectRow
from .principal import Principal

ALL = frozenset(Right)


def rights_on(connection: Connection, who: Principal, row: JobRow) -> frozenset[Right]:
    """Return what `who` may do with a job; nothing: not even know that it is there."""
    if who.owns(row.owner):
        return ALL
    found = grants.of_job(connection, row.pk, (who.owner, WORLD))
    rights = _in_project(connection, who, row.project).union(*(grant.rights for grant in found))
    return rights | {Right.READ} if _has_it(connection, who, row) else rights


def _in_project(connection: Connection, who: Principal, name: str | None) -> frozenset[Right]:
    """Return what `who` may do with the jobs of others in a project."""
    row = None if name is None else projects.by_name(connection, name)
    if row is None or row.deleted is not None:
        return frozenset()
    role = role_in(connection, who, row)
    if role is not None:
        return RIGHTS[role]
    return RIGHTS[Role.READER] if row.visibility == Visibility.PUBLIC else frozenset()


def role_in(connection: Connection, who: Principal, row: ProjectRow) -> Role | None:
    """Return the role that `who` has in a project: its owner's and managers' is admin."""
    if who.owns(row.owner):
        return Role.ADMIN
    found = projects.role(connection, row.name, who.owner)
    return None if found is None else Role(found)


def _has_it(connection: Connection, who: Principal, row: JobRow) -> bool:
    """Tell whether a job is at a node of the caller, which must know what it works on."""
    if "work" not in who.verbs or row.node is None:
        return False
    node = nodes.by_id(connection, row.node)
    return node is not None and node.owner == who.owner


def require_right(rights: frozenset[Right], right: Right, who: Principal, row: JobRow) -> None:
    """Raise `Forbidden` unless `right` is among the rights that `who` has on a job."""
    if right in rights:
        return
    hint = f"{row.owner} owns it and can grant {right}: job.share({who.owner!r}, {right}=True)."
    raise Forbidden(
        f"{who.owner} may only {' and '.join(sorted(rights))} this job.",
        field="id",
        value=row.id,
        hint=f"Only {row.owner} can." if right is Right.OWN else hint,
    )


def check_grant(rights: frozenset[Right], who: Principal, wanted: Grant) -> None:
    """Raise `Forbidden` when `who` would grant more than they have themselves."""
    missing = sorted(wanted.rights - rights)
    if missing:
        raise Forbidden(
            f"{who.owner} can't grant what they don't have: {' and '.join(missing)}.",
            field=missing[0],
            value=True,
            hint="Leave it out.",
        )
