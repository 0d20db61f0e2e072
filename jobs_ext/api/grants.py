"""Grants: who else may do what with a job, and who may do what with a restricted tool."""

from __future__ import annotations

from msgspec import Struct
from tornado import web

from ..model.grant import Grant, GrantRequest
from .handler import JobsHandler
from .operation import authorized, operation

RESOURCE = "jobs_ext:grants"


class GrantList(Struct, frozen=True):
    """All grants on a job or tool, by grantee; those who have every right are not among them."""

    items: list[Grant]  # by grantee


class GrantsHandler(JobsHandler):
    """``jobs/{id}/grants``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List who else may do what with a job", response=GrantList)
    async def get(self, job: str) -> GrantList:
        """Return the grants on a job."""
        return GrantList(await self.call(self.service.grants.list, self.who, job))

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Take all grants on a job back", status=204)
    async def delete(self, job: str) -> None:
        """Leave the job to its owner alone."""
        await self.call(self.service.grants.clear, self.who, job)


class GrantHandler(JobsHandler):
    """``jobs/{id}/grants/{grantee}``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Grant something on a job", response=Grant, body=GrantRequest)
    async def put(self, job: str, grantee: str, body: GrantRequest) -> Grant:
        """Let a user, or `world`, do something with the job; replaces what was granted before."""
        return await self.call(self.service.grants.put, self.who, job, grantee, body)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Take a grant on a job back", status=204)
    async def delete(self, job: str, grantee: str) -> None:
        """End what a user, or `world`, may do with the job."""
        await self.call(self.service.grants.remove, self.who, job, grantee)


class ToolGrantsHandler(JobsHandler):
    """``tools/{id}/grants``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List who may do what with a tool", response=GrantList)
    async def get(self, tool: str) -> GrantList:
        """Return the grants on a tool, which hold for all of its versions."""
        return GrantList(await self.call(self.service.tool_grants.list, self.who, tool))

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Take all grants on a tool back", status=204)
    async def delete(self, tool: str) -> None:
        """Leave the tool to those who may manage."""
        await self.call(self.service.tool_grants.clear, self.who, tool)


class ToolGrantHandler(JobsHandler):
    """``tools/{id}/grants/{grantee}``."""

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Grant something on a tool", response=Grant, body=GrantRequest)
    async def put(self, tool: str, grantee: str, body: GrantRequest) -> Grant:
        """Let a user, or `world`, see a restricted tool, submit it, or let others in."""
        return await self.call(self.service.tool_grants.put, self.who, tool, grantee, body)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Take a grant on a tool back", status=204)
    async def delete(self, tool: str, grantee: str) -> None:
        """End what a user, or `world`, may do with the tool."""
        await self.call(self.service.tool_grants.remove, self.who, tool, grantee)
