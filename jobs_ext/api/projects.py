"""Projects: made, listed, changed, deleted."""

from __future__ import annotations

from urllib.parse import quote

from msgspec import Struct
from tornado import web

from ..model.job import Page
from ..model.project import Project, ProjectChange, ProjectRequest
from .handler import JobsHandler
from .operation import authorized, operation

RESOURCE = "jobs_ext:projects"


class ProjectQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of the projects, by name."""

    limit: int = 100  # 1 to 500
    cursor: str | None = None  # `next` of the page before
    filter: str | None = None  # docs/reference/filters.md


class ProjectsHandler(JobsHandler):
    """``projects``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List projects", response=Page[Project], query=ProjectQuery)
    async def get(self, query: ProjectQuery) -> Page[Project]:
        """Return one page of the projects that the caller sees."""
        projects = self.service.projects
        return await self.call(projects.list, self.who, query.limit, query.cursor, query.filter)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Make a project", response=Project, status=201, body=ProjectRequest)
    async def post(self, body: ProjectRequest) -> Project:
        """Make a project, whose admin the caller is."""
        made = await self.call(self.service.projects.create, self.who, body)
        self.set_header("Location", self.url("projects", quote(made.name, safe="")))
        return made


class ProjectHandler(JobsHandler):
    """``projects/{project}``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show a project", response=Project)
    async def get(self, project: str) -> Project:
        """Return a project with its members."""
        return await self.call(self.service.projects.get, self.who, project)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Change a project", response=Project, body=ProjectChange)
    async def patch(self, project: str, body: ProjectChange) -> Project:
        """Change what is said of a project, who sees it, and its members."""
        return await self.call(self.service.projects.update, self.who, project, body)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Delete a project", status=204)
    async def delete(self, project: str) -> None:
        """Delete a project; its jobs stay with their owners."""
        await self.call(self.service.projects.delete, self.who, project)
