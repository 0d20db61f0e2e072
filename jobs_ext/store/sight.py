# ruff: noqa: S608 - of fixed words alone
"""Whose jobs a listing shows: one's own, those that others share, or everybody's."""

from __future__ import annotations

from msgspec import Struct

from ..model.grant import WORLD

_OWN = "owner = :viewer"
_BY_GRANT = (
    f"EXISTS (SELECT 1 FROM job_grant WHERE job_pk = job.pk AND grantee IN (:viewer, '{WORLD}'))"
)
_BY_PROJECT = (
    "job.project IN (SELECT name FROM project WHERE deleted IS NULL AND (visibility = 'public'"
    " OR owner = :viewer OR EXISTS (SELECT 1 FROM project_member AS member"
    " WHERE member.project = project.name AND member.user = :viewer)))"
)
_GRANTED = f"owner <> :viewer AND ({_BY_GRANT} OR {_BY_PROJECT})"
_GRANTS = "job_grant INDEXED BY job_grant_to CROSS JOIN job ON job.pk = job_grant.job_pk"
_TO_VIEWER = "grantee = :viewer AND owner <> :viewer AND deleted IS NULL"
_TO_WORLD = (
    f"grantee = '{WORLD}' AND owner <> :viewer AND deleted IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM job_grant AS mine"
    " WHERE mine.job_pk = job_grant.job_pk AND mine.grantee = :viewer)"
)


class Part(Struct, frozen=True):
    """A stretch of an index: the rows that meet `condition`, in the order of the page."""

    index: str  # "" for the table itself, by pk
    condition: str
    source: str = ""  # tables, where it is not an index of job
    key: str = ""  # column that orders it, where that is not the walk's

    @property
    def table(self) -> str:
        """What to select from."""
        if self.source:
            return self.source
        return f"job INDEXED BY {self.index}" if self.index else "job NOT INDEXED"


class Sight(Struct, frozen=True):
    """What `viewer` sees: `everything`, own jobs, and what is `granted` to them.

    Of jobs that can be seen since their project is public, a listing shows those of the projects
    that it names; where it names none, those of `projects`, of which the viewer is a member.
    `shared` leaves one's own jobs (True) or those of others (False) out.
    """

    viewer: str
    everything: bool
    granted: bool
    shared: bool | None = None
    projects: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether all jobs there are can be seen."""
        return self.everything and self.shared is None

    @property
    def own(self) -> bool:
        """Whether only one's own jobs can be seen."""
        return self.shared is False or (self.shared is None and not self.granted)

    @property
    def condition(self) -> str | None:
        """The condition that a job meets which can be seen; None for all."""
        if self.whole:
            return None
        if self.shared:
            return "owner <> :viewer" if self.everything else f"({_GRANTED})"
        return _OWN if self.own else f"({_OWN} OR ({_GRANTED}))"

    def parts(self) -> list[Part]:
        """Return the parts that hold all jobs that can be seen and are not deleted."""
        if self.everything and self.shared is not False:
            other = "" if self.whole else " AND owner <> :viewer"
            return [Part("job_shown", f"deleted IS NULL{other}")]
        own = [] if self.shared else [Part("job_owner", f"{_OWN} AND deleted IS NULL")]
        if self.own:
            return own
        shared = [Part("", one, _GRANTS, "job_grant.job_pk") for one in (_TO_VIEWER, _TO_WORLD)]
        return (
            own
            + shared
            + [Part("job_project", _of_project(n)) for n, _ in enumerate(self.projects)]
        )

    @property
    def values(self) -> dict[str, str]:
        """What the conditions name."""
        return {"viewer": self.viewer} | {f"project{n}": p for n, p in enumerate(self.projects)}


def _of_project(number: int) -> str:
    shown = f"project = :project{number} AND owner <> :viewer AND deleted IS NULL"
    return f"{shown} AND NOT {_BY_GRANT}"
