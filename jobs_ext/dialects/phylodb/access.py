"""Who may do what: the members of a project, everybody with a public one, admins with the rest."""

from __future__ import annotations

from ...model.errors import NotFound
from ...model.project import Role
from ..table import Call
from .wire import refused


def may_read(call: Call, project: str) -> None:
    """Raise `Refused` unless the caller sees a project."""
    _role(call, project)


def may_write(call: Call, project: str) -> None:
    """Raise `Refused` unless the caller may change what is in a project."""
    if _role(call, project) not in (Role.WRITER, Role.ADMIN):
        raise refused("Only members change what is in a project.", "project", project)


def may_analyse(call: Call, project: str) -> None:
    """Raise `Refused` unless the caller may put analyses into a project; a public one is free."""
    if _role(call, project) is Role.READER:
        raise refused("Readers of a project put nothing into it.", "project", project)


def may_administer(call: Call) -> None:
    """Raise `Forbidden` unless the caller may change what belongs to no project."""
    call.who.require("manage")


def _role(call: Call, project: str) -> Role | None:
    try:
        return call.service.projects.role(call.who, project)
    except NotFound as error:
        raise refused(error.message, "project", project, error.hint) from None
