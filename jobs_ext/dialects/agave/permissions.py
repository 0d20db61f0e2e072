"""Permissions on a job: Agave's words for grants."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from ...model.errors import InvalidRequest, NotFound
from ...model.grant import Grant, GrantRequest
from ...service.hints import did_you_mean
from ..table import Call, Reply
from .envelope import limit, offset, wrap
from .shapes import Object, link, person

_FORM = "application/x-www-form-urlencoded"

#: Agave's words, and what of a grant each means besides reading: who may do anything may see.
WORDS = {  # who may write may resubmit, in Agave; here that takes execute
    "READ": GrantRequest(),
    "WRITE": GrantRequest(write=True, execute=True),
    "EXECUTE": GrantRequest(execute=True),
    "READ_WRITE": GrantRequest(write=True, execute=True),
    "READ_EXECUTE": GrantRequest(execute=True),
    "WRITE_EXECUTE": GrantRequest(write=True, execute=True),
    "ALL": GrantRequest(write=True, execute=True),
}
_NONE = ("NONE", "")


class PermissionRequest(Struct, frozen=True):
    """Body of a change of permissions."""

    permission: str | UnsetType | None = UNSET
    username: str | None = None


def listed(call: Call, job: str) -> list[Object]:
    """List who may do what with a job: its owner first."""
    grants = call.service.grants.list(call.who, job)
    first, count = offset(call), limit(call)
    return [_owners(call, job), *(_row(call, job, one) for one in grants[first : first + count])]


def of_user(call: Call, job: str, username: str) -> list[Object]:
    """Show what one user may do with a job."""
    rows = [_owners(call, job)]
    rows += [_row(call, job, one) for one in call.service.grants.list(call.who, job)]
    found = [row for row in rows if row["username"] == username]
    if not found:
        raise NotFound(
            f"No permissions found for user {username!r}.", field="username", value=username
        )
    return found


def update(call: Call, job: str) -> Reply:
    """Let a user do something with a job, in place of what was granted before."""
    asked = _asked(call)
    if not asked.username:
        raise InvalidRequest("username is missing.", field="username", hint="Say who.")
    return _put(call, job, asked.username, asked.permission)


def update_user(call: Call, job: str, username: str) -> Reply:
    """Let the user of the path do something with a job."""
    asked = _asked(call)
    if asked.username not in (None, "", username):
        raise InvalidRequest(
            f"The body names {asked.username!r}, the path {username!r}.",
            field="username",
            value=asked.username,
            hint="Leave it out of the body.",
        )
    return _put(call, job, username, asked.permission)


def clear(call: Call, job: str) -> None:
    """Take all permissions on a job back but the owner's."""
    call.service.grants.clear(call.who, job)


def remove(call: Call, job: str, username: str) -> Reply:
    """Take one user's permissions on a job back; of who has none, nothing."""
    job = call.first("jobId") if job == "{jobId}" and "jobId" in call.query else job
    _revoke(call, job, username)
    return Reply(status=204)


def _asked(call: Call) -> PermissionRequest:
    kind = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == _FORM and not call.body.lstrip().startswith(b"{"):
        fields = call.form[0]
        given: dict[str, Any] = {name: values[0] for name, values in fields.items()}
        return PermissionRequest(given.get("permission", UNSET), given.get("username"))
    return call.json(PermissionRequest)


def _put(call: Call, job: str, username: str, permission: str | UnsetType | None) -> Reply:
    if permission is UNSET:
        raise InvalidRequest(
            "permission is missing.",
            field="permission",
            hint=f"Give one of {', '.join(WORDS)}; NONE takes back what there is.",
        )
    word = (permission or "").strip().upper()
    if username == _owner(call, job) and word in (*WORDS, *_NONE):  # who has and keeps them all
        _revoke(call, job, username)  # there is nothing to take: it asks whether the caller may
        return Reply(wrap(call, _owners(call, job)), 201)
    if word in _NONE:
        _revoke(call, job, username)
        shown = _shown(call, job, username, read=False, write=False)
        return Reply(wrap(call, shown), 201 if permission else 200)
    if word not in WORDS:
        raise InvalidRequest(
            f"There is no permission {permission!r}.",
            field="permission",
            value=permission,
            hint=did_you_mean(word, (*WORDS, "NONE")),
        )
    grant = call.service.grants.put(call.who, job, username, WORDS[word])
    return Reply(wrap(call, _row(call, job, grant)), 201)


def _revoke(call: Call, job: str, username: str) -> None:
    """Take a grant back; that there is none is nothing to complain of."""
    try:
        call.service.grants.remove(call.who, job, username)
    except NotFound as error:
        if error.field != "grantee":
            raise


def _owner(call: Call, job: str) -> str:
    return call.service.jobs.get(call.who, job).owner


def _owners(call: Call, job: str) -> Object:
    return _shown(call, job, _owner(call, job), read=True, write=True)


def _row(call: Call, job: str, grant: Grant) -> Object:
    return _shown(call, job, grant.grantee, read=grant.read, write=grant.write)


def _shown(call: Call, job: str, username: str, *, read: bool, write: bool) -> Object:
    return {
        "username": username,
        "internalUsername": None,
        "permission": {"read": read, "write": write},
        "_links": {
            "self": person(call, "jobs/v2", job, "pems", username),
            "parent": link(call, "jobs/v2", job),
            "profile": person(call, "profiles/v2", username),
        },
    }
