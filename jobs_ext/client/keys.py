"""API keys: for programs that are no kernel of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from jobs_ext.model.job import Page
from jobs_ext.model.key import Key, KeyRequest, MadeKey

from .wire import encoded

if TYPE_CHECKING:
    from .connection import Connection

_JSON = {"Content-Type": "application/json"}


class Keys:
    """The API keys of who we are on a server; kernels can't see to them, a token can."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        name: str,
        verbs: list[str],
        *,
        expires: float | str | None = None,
        owner: str | None = None,
    ) -> MadeKey:
        """Make a key and return it; its ``.key`` is the secret, to be had only now.

        `verbs` is what it may do: read, submit, run, work, manage. `expires` is after how long,
        in seconds or as text (``"30d"``); without, it never does. `owner` makes a key for somebody
        else, which takes the verb manage. Raises `Forbidden` for more than we may ourselves.
        """
        body = KeyRequest(name=name, verbs=verbs, expires=expires, owner=owner)
        response = self._connection.request("POST", "keys", data=encoded(body), headers=_JSON)
        return msgspec.json.decode(response.content, type=MadeKey)

    def list(self, filter: str | None = None) -> list[Key]:  # noqa: A002
        """Return all keys, newest first, the revoked ones too; `filter` says which."""
        keys: list[Key] = []
        asked = {} if filter is None else {"filter": filter}
        cursor: str | None = None
        while True:
            params = {"limit": "500"} | asked | ({"cursor": cursor} if cursor else {})
            response = self._connection.request("GET", "keys", params=params)
            page = msgspec.json.decode(response.content, type=Page[Key])
            keys += page.items
            cursor = page.next
            if cursor is None:
                return keys

    def revoke(self, key: Key | str) -> None:
        """End a key, named by its id or as `create` and `list` return it."""
        name = key if isinstance(key, str) else key.id
        self._connection.request("DELETE", f"keys/{name}")
