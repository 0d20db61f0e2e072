"""What the links of jobs and apps lead to: systems, profiles, metadata."""

from __future__ import annotations

from ...model.errors import NotFound
from ...service.executors import EXECUTORS, NODE
from ..table import Call
from .shapes import STORAGE, Object, link, person

_KINDS = dict.fromkeys(EXECUTORS, "EXECUTION") | {STORAGE: "STORAGE"}


def systems(call: Call) -> list[Object]:
    """List what runs jobs, and where their files are."""
    return [system(call, name) for name in _KINDS]


def system(call: Call, name: str) -> Object:
    """Show one of them."""
    if name not in _KINDS:
        raise NotFound(f"There is no system {name!r}.", field="system", value=name)
    return {
        "id": name,
        "name": name,
        "type": _KINDS[name],
        "status": "UP",
        "public": True,
        "default": name != NODE,
        "available": True,
        "description": "Nodes outside." if name == NODE else "This Jupyter server.",
        "_links": {"self": link(call, "systems/v2", name)},
    }


def profile(call: Call, username: str) -> Object:
    """Show a user, of whom no more than the name is known here; ``me`` is the caller."""
    name = call.who.owner if username == "me" else username
    return {"username": name, "_links": {"self": person(call, "profiles/v2", name)}}


def metadata(call: Call) -> list[Object]:
    """List the metadata of a job: Agave's is a service of its own, and there is none here."""
    _ = call.who
    return []
