"""API keys: made, listed, revoked."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import astuple
from tornado import web

from ..model.job import Page
from ..model.key import Key, KeyRequest, MadeKey
from .handler import JobsHandler
from .operation import authorized, operation

RESOURCE = "jobs_ext:keys"


class KeyQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of the keys, newest first."""

    limit: int = 100  # 1 to 500
    cursor: str | None = None  # `next` of the page before
    filter: str | None = None  # an expression: revoked is null and verbs = run


class KeysHandler(JobsHandler):
    """``keys``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List API keys", response=Page[Key], query=KeyQuery)
    async def get(self, query: KeyQuery) -> Page[Key]:
        """Return one page of the caller's keys, the revoked ones too."""
        return await self.call(self.service.keys.list, self.who, *astuple(query))

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Make an API key", response=MadeKey, status=201, body=KeyRequest)
    async def post(self, body: KeyRequest) -> MadeKey:
        """Make a key; this answer is the only place where it can be read."""
        made = await self.call(self.service.keys.create, self.who, body)
        self.set_header("Location", self.url("keys", made.id))
        self.set_header("Cache-Control", "no-store")
        return made


class KeyHandler(JobsHandler):
    """``keys/{id}``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show an API key", response=Key)
    async def get(self, key: str) -> Key:
        """Return what is known of a key, but not the key itself."""
        return await self.call(self.service.keys.get, self.who, key)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Revoke an API key", status=204)
    async def delete(self, key: str) -> None:
        """End a key at once; WebSockets opened with it close within a second."""
        await self.call(self.service.keys.revoke, self.who, key)
