"""Who may do what with a job: the one place that decides it."""

from __future__ import annotations

from sqlalchemy import Connection

from ..model.errors import Forbidden
from ..model.grant import WORLD, Grant, Right
from ..store import grants, nodes
from ..store.jobs import JobRow
from .principal import Principal

ALL = frozenset(Right)


def rights_on(connection: Connection, who: Principal, row: JobRow) -> frozenset[Right]:
    """Return what `who` may do with a job; nothing: not even know that it is there."""
    if who.owns(row.owner):
        return ALL
    found = grants.of_job(connection, row.pk, (who.owner, WORLD))
    rights = frozenset().union(*(grant.rights for grant in found))
    return rights | {Right.READ} if _has_it(connection, who, row) else rights


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
