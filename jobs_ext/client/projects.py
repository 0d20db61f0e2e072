"""Projects: names under which people keep jobs together."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from jobs_ext.model.job import Page
from jobs_ext.model.project import Project

from .wire import encoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .connection import Connection
    from .datasets import Datasets

_JSON = {"Content-Type": "application/json"}


class Projects:
    """The projects that we see on a server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        name: str,
        *,
        title: str = "",
        description: str = "",
        visibility: str = "private",
        members: Mapping[str, str] | None = None,
    ) -> Project:
        """Make a project, which is ours; `members` maps user names to reader, writer or admin.

        A public one is seen by everybody. Raises `Conflict` when the name is taken, or is the
        label of jobs of others.
        """
        body: dict[str, object] = {"name": name, "title": title, "description": description}
        body |= {"visibility": visibility, "members": dict(members or {})}
        return self._send("POST", "projects", body)

    def list(self, filter: str | None = None) -> list[Project]:  # noqa: A002
        """Return all projects that we see, by name; `filter` says which, as in a list of jobs."""
        projects: list[Project] = []
        asked = {} if filter is None else {"filter": filter}
        cursor: str | None = None
        while True:
            params = {"limit": "500"} | asked | ({"cursor": cursor} if cursor else {})
            response = self._connection.request("GET", "projects", params=params)
            page = msgspec.json.decode(response.content, type=Page[Project])
            projects += page.items
            cursor = page.next
            if cursor is None:
                return projects

    def get(self, name: str) -> Project:
        """Return a project."""
        response = self._connection.request("GET", _path(name))
        return msgspec.json.decode(response.content, type=Project)

    def datasets(self, name: str) -> Datasets:
        """Return the data sets of a project, by name: files that it keeps in versions."""
        from .datasets import Datasets

        return Datasets(self._connection, name)

    def update(self, name: str, **changes: object) -> Project:
        """Change title, description, visibility or members, all of them in place of the old.

        With `version` only if that is still the project's; else raises `Conflict`.
        """
        return self._send("PATCH", _path(name), changes)

    def delete(self, name: str) -> None:
        """Delete a project with its data sets; its jobs stay with their owners."""
        self._connection.request("DELETE", _path(name))

    def _send(self, verb: str, path: str, body: Mapping[str, object]) -> Project:
        response = self._connection.request(verb, path, data=encoded(body), headers=_JSON)
        return msgspec.json.decode(response.content, type=Project)


def _path(name: str) -> str:
    return f"projects/{quote(name, safe='')}"
