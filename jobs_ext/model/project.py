"""Projects: names under which people keep jobs and records together."""

from __future__ import annotations

from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType

from .grant import Right


class Role(StrEnum):
    """What a member may do; who owns a project is its admin."""

    READER = "reader"  # see the project's jobs and data sets
    WRITER = "writer"  # also put jobs and data sets into it, and do with all jobs what grants allow
    ADMIN = "admin"  # also change the project and its members, and delete its data sets


class Visibility(StrEnum):
    """Who else sees a project."""

    PRIVATE = "private"  # its members alone
    PUBLIC = "public"  # everybody who is let in: sees it, and may put jobs of their own into it


#: What a role lets one do with the jobs of others in the project.
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.READER: frozenset({Right.READ}),
    Role.WRITER: frozenset({Right.READ, Right.WRITE, Right.EXECUTE}),
    Role.ADMIN: frozenset({Right.READ, Right.WRITE, Right.EXECUTE}),
}


class Project(Struct, frozen=True):
    """A project as the API shows it."""

    name: str  # what jobs name it by
    title: str  # one line for people
    description: str  # what it is for
    visibility: Visibility  # who else sees it
    owner: str  # who made it
    members: dict[str, Role]  # by user name; its owner is not among them
    version: int  # 1, and one more with each change
    created: str  # when it was made
    updated: str  # when it was last changed


class ProjectRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``POST projects``."""

    name: str  # one line; jobs name the project by it, and it never changes
    title: str = ""  # one line for people
    description: str = ""  # what it is for
    visibility: Visibility = Visibility.PRIVATE  # who else sees it
    members: dict[str, Role] = {}  # user names and what they may do


class ProjectChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``PATCH projects/{name}``: what is left out stays."""

    title: str | UnsetType = UNSET  # one line for people
    description: str | UnsetType = UNSET  # what it is for
    visibility: Visibility | UnsetType = UNSET  # who else sees it
    members: dict[str, Role] | UnsetType = UNSET  # all members, in place of those it had
    version: int | UnsetType = UNSET  # the one that is changed; else the change is refused
