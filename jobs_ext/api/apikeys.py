"""API keys in requests: as a bearer, as a token, or as the password of HTTP Basic."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import TYPE_CHECKING

from jupyter_server.auth import User

from ..model.errors import JobsError, StoreUnavailable, Unauthenticated
from ..service.keys import MARK
from .people import Keyed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.key import Key
    from .backend import Backend

_INTERVAL = 1.0  # seconds between looks at a key that holds a WebSocket open


class ApiKeys:
    """Lets in who sends a good API key, and notes that it was used."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._notes: dict[str, asyncio.Task[None]] = {}  # under way, by the key's id

    async def keyed(self, headers: Mapping[str, str]) -> Keyed | None:
        """Return who a request with an API key acts for; None when it carries none."""
        text = given(headers)
        if text is None:
            return None
        key = await self._check(text)
        if key.id not in self._notes:  # beside the request, which need not wait for the store
            note = asyncio.create_task(self._note(key), name="note the use of a key")
            self._notes[key.id] = note
            note.add_done_callback(lambda _: self._notes.pop(key.id))
        return Keyed(User(key.owner), self._backend.people.of_key(key), key)

    async def end(self, headers: Mapping[str, str]) -> Unauthenticated:
        """Return why the key of a request is good no longer, as soon as that is so."""
        while True:
            await asyncio.sleep(_INTERVAL)
            try:
                await self._check(given(headers) or "")
            except Unauthenticated as error:
                return error
            except StoreUnavailable:  # then nothing is told by the socket, either
                continue

    async def _check(self, text: str) -> Key:
        backend = self._backend
        try:
            return await backend.glance(backend.service.keys.check, text)
        except Unauthenticated:
            raise
        except JobsError:  # whose text, which names folders, is not for strangers
            raise StoreUnavailable(
                "API keys can't be checked now: the job store does not answer."
            ) from None

    async def _note(self, key: Key) -> None:
        """Note a use; a store that can't be written keeps nobody from reading."""
        try:
            await self._backend.call_to_write(self._backend.service.keys.note_use, key)
        except JobsError as error:
            self._backend.log.debug("last use of a key: %s", error)


def given(headers: Mapping[str, str]) -> str | None:
    """Return the API key in a request's headers.

    The user name of HTTP Basic is not looked at: the key says whose it is, and clients that were
    made for another server send there what they must.
    """
    scheme, _, value = headers.get("Authorization", "").strip().partition(" ")
    text = value.strip()
    if scheme.lower() == "basic":
        text = password(text)
    elif scheme.lower() not in ("bearer", "token"):
        return None
    return text if text.startswith(MARK) else None


def password(encoded: str) -> str:
    """Return the password in the value of HTTP Basic; ``""`` where it is none."""
    try:
        return b64decode(encoded, validate=True).decode().partition(":")[2]
    except ValueError:  # no base64, no UTF-8, or not even ASCII
        return ""
