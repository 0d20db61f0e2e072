"""Projects, which are the service's, and users, which are Jupyter's."""

from __future__ import annotations

import uuid

from msgspec import Struct

from ...model.errors import InvalidRequest, NotFound
from ...model.project import Project, ProjectChange, ProjectRequest, Role, Visibility
from ..table import Call, Reply
from .access import may_read
from .taxonomy import NOTHING
from .wire import PAGE, number, refused, same_id


class UserKey(Struct):
    """A member, as bodies name one."""

    id: str
    provider: str | None = None


class ProjectBody(Struct):
    """Body of a project."""

    id: str | None = None
    name: str | None = None
    visibility: str | None = None  # private or public
    description: str | None = None
    users: list[UserKey] | None = None


def listed(call: Call) -> object:
    """List the projects that the caller sees."""
    skip = number(call, "page")
    cursor = None
    while True:
        page = call.service.projects.list(call.who, PAGE, cursor)
        if skip == 0:
            return [{"id": one.name, "version": one.version} for one in page.items]
        if page.next is None:
            return []
        cursor, skip = page.next, skip - 1


def shown(call: Call, project: str) -> object:
    """Show a project."""
    may_read(call, project)
    found = call.service.projects.get(call.who, project)
    return {
        "id": found.name,
        "version": found.version,
        "deprecated": False,
        "name": found.title,
        "visibility": str(found.visibility),
        "description": found.description,
        "users": [{"id": user, "provider": _provider(call)} for user in _users(found)],
    }


def create(call: Call) -> object:
    """Make a project; its members may do everything with it."""
    body = call.json(ProjectBody)
    name, visibility, users = _checked(body)
    wanted = ProjectRequest(
        str(uuid.uuid4()), name, body.description or "", visibility, _members(users, call.who.owner)
    )
    return Reply({"id": call.service.projects.create(call.who, wanted).name}, 201)


def update(call: Call, project: str) -> object:
    """Change a project."""
    body = call.json(ProjectBody)
    same_id(body.id, project)
    name, visibility, users = _checked(body)
    may_read(call, project)
    owner = call.service.projects.get(call.who, project).owner
    members = _members(users, owner)
    change = ProjectChange(name, body.description or "", visibility, members)
    call.service.projects.update(call.who, project, change)
    return NOTHING


def delete(call: Call, project: str) -> object:
    """Delete a project."""
    try:
        call.service.projects.delete(call.who, project)
    except NotFound as error:
        raise refused(error.message, "project", project) from None
    return NOTHING


def users(call: Call) -> object:
    """List users: who asks, since Jupyter keeps no list of its users."""
    return [_user(call)][: 1 if number(call, "page") == 0 else 0]


def user(call: Call, user: str) -> object:
    """Show who asks."""
    if user != call.who.owner:
        raise NotFound(f"There is no user {user!r} that you may see.", field="user", value=user)
    role = "admin" if call.who.scope is None else "user"
    return _user(call) | {"deprecated": False, "role": role}


def _user(call: Call) -> dict[str, object]:
    return {"email": call.who.owner, "provider": _provider(call), "version": 1}


def _provider(call: Call) -> str:
    return call.first("provider", "google")


def _users(project: Project) -> list[str]:
    return [project.owner, *project.members]


def _checked(body: ProjectBody) -> tuple[str, Visibility, list[UserKey]]:
    known = [str(one) for one in Visibility]
    if body.name is None or body.users is None or body.visibility not in known:
        message = f"A project has a name, users, and as visibility one of {', '.join(known)}."
        raise InvalidRequest(message, field="visibility", value=body.visibility)
    return body.name, Visibility(body.visibility), body.users


def _members(users: list[UserKey], owner: str) -> dict[str, Role]:
    return {one.id: Role.ADMIN for one in users if one.id != owner}
