"""Projects: every verb once, and who may do what in one."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any
from unicodedata import category, normalize

from msgspec import UNSET
from msgspec.structs import asdict
from sqlalchemy import Connection

from ..model.clock import now
from ..model.errors import Conflict, Forbidden, InvalidRequest, NotFound
from ..model.filters import PROJECT_FIELDS
from ..model.grant import WORLD
from ..model.job import Page
from ..model.project import Project, ProjectChange, ProjectRequest, Role, Visibility
from ..store import cursors, datasets
from ..store import projects as rows
from ..store.projects import ProjectRow
from ..store.stored import release_parts
from .access import role_in
from .core import Core
from .narrowing import Narrowing
from .options import check_name
from .principal import Principal
from .uploads import free_parts

_MOST_MEMBERS = 1000
_LONGEST = 10_000  # characters of a description


class Projects:
    """What can be done with projects."""

    def __init__(self, core: Core) -> None:
        self._store = core.store

    def create(self, who: Principal, wanted: ProjectRequest) -> Project:
        """Make a project; `Conflict` if the name is taken, or jobs of others use it as a label."""
        who.require("submit", "run")
        _check_name(wanted.name)
        _check(who.owner, asdict(wanted))
        time = now()
        with self._store.write(poke=()) as tx:
            old = rows.by_name(tx, wanted.name)
            if old is not None and (old.deleted is None or not who.owns(old.owner)):
                raise _taken(wanted.name, "There is a project of that name, or was.")
            if who.scope is not None and rows.has_things_of_others(tx, wanted.name, who.owner):
                raise _taken(wanted.name, "Jobs of others have that name as their label.")
            row = asdict(wanted) | {"owner": who.owner, "created": time, "updated": time}
            row |= {"version": 1 if old is None else old.version + 1, "deleted": None}
            return self._put(tx, row)

    def list(
        self,
        who: Principal,
        limit: int = 100,
        cursor: str | None = None,
        filter: str | None = None,  # noqa: A002
    ) -> Page[Project]:
        """Return one page of the projects that `who` sees and a filter finds, by name."""
        who.require("read")
        asked = Narrowing(filter, PROJECT_FIELDS, limit)
        after = "" if cursor is None else cursors.decode_name(cursor, "projects")
        with self._store.read() as connection:
            found = rows.page(connection, who.scope, after, asked.step)
            shown = [_project(connection, row) for row in found]

        def behind(one: Project) -> str:
            return cursors.encode("projects", one.name)

        return asked.page(shown, behind(shown[-1]) if len(shown) == asked.step else None, behind)

    def get(self, who: Principal, name: str) -> Project:
        """Return a project; `NotFound` for one that `who` may not see."""
        who.require("read")
        with self._store.read() as connection:
            return _project(connection, seen_project(connection, who, name)[0])

    def update(self, who: Principal, name: str, wanted: ProjectChange) -> Project:
        """Change a project; its admins can. `Conflict` when another version is there by now."""
        who.require("submit", "run")
        given = {key: value for key, value in asdict(wanted).items() if value is not UNSET}
        with self._store.write(poke=()) as tx:
            row = administered_project(tx, who, name)
            if given.pop("version", row.version) != row.version:
                raise Conflict(
                    f"The project has version {row.version} now.",
                    field="version",
                    value=wanted.version,
                    hint="Read it again.",
                )
            _check(row.owner, given)
            there = dict(row._mapping) | {"members": rows.members(tx, name)}
            return self._put(tx, there | given | {"version": row.version + 1, "updated": now()})

    def delete(self, who: Principal, name: str) -> None:
        """Delete a project with its data sets: its jobs stay with their owners.

        The name stays taken.
        """
        who.require("submit", "run")
        time = now()
        with self._store.write(poke=()) as tx:
            row = administered_project(tx, who, name)
            rows.put(tx, dict(row._mapping) | {"deleted": time}, {})
            freed = datasets.remove(tx, time, name)
            release_parts(tx, freed)
        free_parts(self._store, freed)

    def role(self, who: Principal, name: str) -> Role | None:
        """Return what `who` may do in a project; None: only see it. Raises `NotFound`."""
        with self._store.read() as connection:
            return seen_project(connection, who, name)[1]

    def _put(self, tx: Connection, row: builtins.dict[str, Any]) -> Project:
        members = row.pop("members")
        rows.put(tx, row, members)
        return _project(tx, rows.by_name(tx, row["name"]))


def check_project(connection: Connection, who: Principal, name: str | None) -> None:
    """Raise `Forbidden` unless `who` may put a job into a project; without one it is a label."""
    row = None if name is None else rows.by_name(connection, name)
    if row is None or row.deleted is not None or row.visibility == Visibility.PUBLIC:
        return
    if role_in(connection, who, row) not in (Role.WRITER, Role.ADMIN):
        raise Forbidden(
            f"{who.owner} may not put jobs into the project {name!r}.",
            field="options.project",
            value=name,
            hint="Ask to become a writer of it, or leave project out.",
        )


def seen_project(
    connection: Connection, who: Principal, name: str, field: str = "name"
) -> tuple[ProjectRow, Role | None]:
    """Return a project and the role that `who` has in it; `NotFound` if they may not see it."""
    row = rows.by_name(connection, name) if name.isprintable() else None
    role = None if row is None else role_in(connection, who, row)
    hidden = row is not None and role is None and row.visibility != Visibility.PUBLIC
    if row is None or row.deleted is not None or hidden:
        raise NotFound(
            f"There is no project {name!r}.",
            field=field,
            value=name,
            hint="It may be another server's, or you are not a member.",
        )
    return row, role


def administered_project(
    connection: Connection, who: Principal, name: str, field: str = "name"
) -> ProjectRow:
    """Return a project of which `who` is an admin; `Forbidden` if not, `NotFound` as above."""
    row, role = seen_project(connection, who, name, field)
    if role is not Role.ADMIN:
        raise Forbidden(
            f"{who.owner} is no admin of the project {name!r}.",
            field=field,
            value=name,
            hint=f"{row.owner} owns it.",
        )
    return row


def _check_name(name: str) -> None:
    """Raise `InvalidRequest` for a name that somebody who reads it could not type again."""
    check_name(name, "name")
    plain = " ".join(normalize("NFC", "".join(c for c in name if category(c) != "Cf")).split())
    if plain != name:
        raise InvalidRequest(
            "The name of a project can't hold characters that nobody sees, nor blanks beside "
            "one another or at its ends.",
            field="name",
            value=name,
            hint=f"Write {plain!r}." if plain else "Use letters and digits.",
        )


def _check(owner: str, given: Mapping[str, Any]) -> None:
    """Raise `InvalidRequest` for a title, description or members that can't be."""
    if given.get("title"):
        check_name(given["title"], "title")
    description = given.get("description", "")
    if len(description) > _LONGEST or (not description.isascii() and _torn(description)):
        message = f"description must be text of at most {_LONGEST:,} characters."
        raise InvalidRequest(message, field="description")
    members = given.get("members", {})
    if len(members) > _MOST_MEMBERS:
        message = f"A project may have {_MOST_MEMBERS} members."
        raise InvalidRequest(message, field="members", value=len(members))
    for user in members:
        check_name(user, f"members.{user}")
        if user in (owner, WORLD):
            hint = "Everybody sees a public project." if user == WORLD else "Leave it out."
            message = f"{user} can't be a member" + (
                ": they own the project." if user == owner else "."
            )
            raise InvalidRequest(message, field=f"members.{user}", value=user, hint=hint)


def _torn(text: str) -> bool:
    """Tell whether a text holds half characters, which no file can."""
    return any("\ud800" <= sign <= "\udfff" for sign in text)


def _taken(name: str, message: str) -> Conflict:
    return Conflict(message, field="name", value=name, hint="Choose another name.")


def _project(connection: Connection, row: ProjectRow | None) -> Project:
    assert row is not None
    facts = dict(row._mapping)
    del facts["deleted"]
    facts["visibility"] = Visibility(row.visibility)
    roles = {user: Role(role) for user, role in rows.members(connection, row.name).items()}
    return Project(**facts, members=roles)
