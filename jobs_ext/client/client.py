"""One server's jobs: every verb of the API once, as Python."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec

from jobs_ext.model import ids
from jobs_ext.model import job as model
from jobs_ext.model.request import BatchRequest, Context, SubmitRequest

from .connection import Connection
from .errors import InvalidRequest, NotFound
from .job import Job
from .submitter import Submitter
from .wire import Parts, encoded

if TYPE_CHECKING:
    from jobs_ext.model.archive import Archive
    from jobs_ext.model.grant import Grant
    from jobs_ext.model.notification import Notification
    from jobs_ext.model.provenance import Provenance
    from jobs_ext.model.retention import Outlived
    from jobs_ext.model.tool import Tool

    from .batch import Batch
    from .keys import Keys
    from .lists import JobList, ToolList
    from .nodes import Nodes
    from .projects import Projects
    from .tools import Source, ToolInfo

# What a submit does not need is imported where it is used: the first job shall not wait for it.

T = TypeVar("T")

_PAGE = 500  # jobs, the most there are on one page
_JSON = {"Content-Type": "application/json"}
_MOST_PAGES = 1000  # that are looked through for jobs; the server looks at 1,000 for each


class Client(Submitter):
    """A server, and what can be done there. Made by `jx.connect`; in a notebook it is implied."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        super().__init__(self)

    def __repr__(self) -> str:
        return f"<jobs_ext client of {self.connection.address.url}>"

    @property
    def context(self) -> Context:
        """Where submits come from; empty for a server on another file system."""
        from . import context

        return context.capture() if self.connection.shares_files else Context()

    @property
    def keys(self) -> Keys:
        """The API keys: ``keys.create(name, verbs)``, ``keys.list()``, ``keys.revoke(key)``."""
        from .keys import Keys

        return Keys(self.connection)

    @property
    def projects(self) -> Projects:
        """The projects: ``projects.create(name, members={"bob": "writer"})``, ``list()`` …."""
        from .projects import Projects

        return Projects(self.connection)

    @property
    def nodes(self) -> Nodes:
        """The workers outside that take jobs: ``nodes.list()``, ``nodes.forget(id)``."""
        from .nodes import Nodes

        return Nodes(self.connection)

    def get(self, id: str) -> Job | Batch:  # noqa: A002 - what it is called everywhere
        """Return the job or batch with this id. Raises `NotFound`; `InvalidRequest` for no id."""
        if not ids.is_id(str(id)):
            raise InvalidRequest(
                f"{id!r} is not the id of a job.",
                field="id",
                value=str(id),
                hint="An id looks like 0192f0c4-89ab-7def-8123-456789abcdef; by name jobs are found"
                " with jobs(name=…).",
            )
        try:
            return Job(self, self.job(id))
        except NotFound as error:
            from .batch import Batch

            try:
                return Batch(self, self.batch(id))
            except NotFound:
                raise error from None

    def last(self) -> Job:
        """Return the newest job. Raises `NotFound` when there is none."""
        found = self.jobs(limit=1)
        if not found:
            raise NotFound("There are no jobs yet.")
        return found[0]

    def jobs(
        self, status: str | list[str] | None = None, limit: int = 100, **filters: Any
    ) -> JobList:
        """Return the newest `limit` jobs of those that fit, from as many pages as it takes.

        `filters` are tool, batch, name, project, notebook (a path), text, shared (True: only what
        others share, False: only one's own), deleted, order (newest, oldest, or fields:
        ``"-priority,name"``) and filter, an expression with any field of a job: ``'created >
        2026-11-01 and name like "sweep%"'``. Among very many jobs a rare one is looked for in a
        million; a warning says when older ones were left out.
        """
        from .lists import JobList

        return JobList(Job(self, one) for one in self.snapshots(status, limit, **filters))

    def snapshots(
        self, status: str | list[str] | None = None, limit: int = 100, **filters: Any
    ) -> list[model.Job]:
        """Return what the server says of the jobs that `jobs` finds."""
        found: list[model.Job] = []
        params = {"status": status, "limit": min(limit, _PAGE)} | filters
        for page in self._pages("jobs", params, _MOST_PAGES):
            found += page.items
            if len(found) >= limit:
                break
        return found[:limit]

    def batches(self, limit: int = 100, filter: str | None = None) -> list[model.Batch]:  # noqa: A002
        """Return what the server says of the newest batches, at most `limit` (1 to 500)."""
        params = _params({"limit": limit, "filter": filter})
        return self._get("batches", model.Page[model.Batch], params).items

    def tools(self, filter: str | None = None) -> ToolList:  # noqa: A002
        """Return what can be run here, as a table; `filter` is an expression: ``input = text``."""
        from .lists import ToolList
        from .tools import info_of

        told = self._get("tools", dict[str, Any], _params({"filter": filter}))
        return ToolList([info_of(one).tool for one in told["items"]], told.get("problems", []))

    def tool_info(self, name: str) -> ToolInfo:
        """Return one tool and the schema of its arguments."""
        from .tools import info_of

        return info_of(self._get(f"tools/{name}", dict[str, Any]))

    def add_tool(
        self, source: Source | None = None, *, replace: bool = False, **fields: Any
    ) -> Tool:
        """Add a tool to the server and return it: the fields of a tool file, or its path.

        ``add_tool("wc.toml")``, ``add_tool(name="hello", command=["echo", "hello"])``. With
        `replace` it takes the place of one of its name and version that was added so before.
        Relative paths of scripts and notebooks start in the server's root folder. Raises
        `Forbidden` unless we may manage, `Conflict` when there is one already, `InvalidRequest`
        with the field that makes no sense.
        """
        from .tools import fields_of, info_of, send

        return info_of(send(self.connection, fields_of(source, fields), replace=replace)).tool

    def remove_tool(self, tool: Tool | str) -> None:
        """Remove a tool that was added by `add_tool`, named with its version; its jobs stay."""
        name = tool if isinstance(tool, str) else tool.id
        self.connection.request("DELETE", f"tools/{quote(name, safe='')}")

    def post_job(self, body: SubmitRequest, parts: Parts) -> Job:
        """Send one submit; sent twice, it makes one job all the same."""
        return Job(self, self._post("jobs", model.Job, body, parts))

    def post_check(self, body: SubmitRequest, parts: Parts) -> dict[str, Any]:
        """Ask whether a submit would be accepted."""
        return self._post("check", dict[str, Any], body, parts)

    def post_batch(self, body: BatchRequest, parts: Parts) -> Batch:
        """Send one batch; sent twice, it makes one batch all the same."""
        from .batch import Batch

        return Batch(self, self._post("batches", model.Batch, body, parts))

    def job(self, id: str, wait: int = 0) -> model.Job:  # noqa: A002
        """Return what the server says of a job now, or when it ended within `wait` seconds."""
        return self._get(f"jobs/{id}", model.Job, {"wait": wait} if wait else None)

    def batch(self, id: str, wait: int = 0) -> model.Batch:  # noqa: A002
        """Return what the server says of a batch now, or when it ended within `wait` seconds."""
        return self._get(f"batches/{id}", model.Batch, {"wait": wait} if wait else None)

    def view(self, kind: str, id: str) -> dict[str, Any]:  # noqa: A002
        """Return the view of a job or batch (``kind``): what every drawing of it shows."""
        return self._get(f"{'jobs' if kind == 'job' else 'batches'}/{id}/view", dict[str, Any])

    def batch_jobs(self, id: str) -> Iterator[model.Job]:  # noqa: A002
        """Yield every job of a batch that has been made, reruns included, in no set order."""
        for page in self.batch_pages(id):
            yield from page.items

    def batch_pages(self, id: str, **filters: Any) -> Iterator[model.Page[model.Job]]:  # noqa: A002
        """Yield the pages of the jobs of a batch that fit, as `batch_jobs` has them."""
        return self._pages(f"batches/{id}/jobs", {"limit": _PAGE, "order": "oldest"} | filters)

    def cancel(self, kind: str, id: str) -> None:  # noqa: A002
        """Cancel a job or batch (``kind``); cancelling twice is once."""
        self.connection.request("POST", f"{'jobs' if kind == 'job' else 'batches'}/{id}/cancel")

    def rerun(self, id: str, arguments: dict[str, Any], options: dict[str, Any]) -> Job:  # noqa: A002
        """Submit a job again, with these arguments and options changed."""
        body = {"arguments": arguments, "options": {"key": ids.new_id()} | options}
        return Job(self, self._post(f"jobs/{id}/rerun", model.Job, body, {}))

    def change(self, kind: str, id: str, **changes: Any) -> None:  # noqa: A002
        """Change priority (or, of a job, hold) of a job or batch (``kind``) that waits."""
        path = f"{'jobs' if kind == 'job' else 'batches'}/{id}"
        self.connection.request("PATCH", path, data=encoded(changes), headers=_JSON)

    def notifications(self, limit: int = 100) -> list[Notification]:
        """Return whom our jobs and batches tell: the newest, at most `limit` (1 to 500)."""
        from jobs_ext.model.notification import Notification

        return self._get("notifications", model.Page[Notification], {"limit": limit}).items

    def notifications_of(self, kind: str, id: str) -> list[Notification]:  # noqa: A002
        """Return whom a job or batch (``kind``) tells, and what became of it."""
        from jobs_ext.model.notification import Notification

        told = self._get(_notifications(kind, id), dict[str, list[Notification]])
        return told["items"]

    def add_notification(self, kind: str, id: str, wanted: dict[str, Any]) -> Notification:  # noqa: A002
        """Let a job or batch (``kind``) tell somebody from now on."""
        from jobs_ext.model.notification import Notification

        return self._post(_notifications(kind, id), Notification, wanted, {})

    def delete_notification(self, kind: str, id: str, notification: str) -> None:  # noqa: A002
        """Let a job or batch (``kind``) tell somebody no more."""
        self.connection.request("DELETE", f"{_notifications(kind, id)}/{notification}")

    def retention(self) -> Outlived:
        """Return how long jobs are kept, and what of ours would go into the trash now."""
        from jobs_ext.model.retention import Outlived

        return self._get("retention", Outlived)

    def about(self) -> dict[str, Any]:
        """Return which server this is, what one may have (``policy``), and keeps (``stored``).

        Sizes are in bytes.
        """
        return self._get("", dict[str, Any])

    def queues(self) -> list[dict[str, Any]]:
        """Return the named queues: name, description, max_running and running of each."""
        items: list[dict[str, Any]] = self._get("queues", dict[str, Any])["items"]
        return items

    def reset(self, kind: str, id: str) -> None:  # noqa: A002
        """Let a job, or all of a batch (``kind``), that FAILED run once more: new attempts."""
        self.connection.request("POST", f"{'jobs' if kind == 'job' else 'batches'}/{id}/reset")

    def abort(self, id: str) -> None:  # noqa: A002
        """Take a job from its node: it waits for another."""
        self.connection.request("POST", f"jobs/{id}/abort")

    def release(self, kind: str, id: str) -> None:  # noqa: A002
        """Let a job or batch (``kind``) go that is held."""
        self.connection.request("POST", f"{'jobs' if kind == 'job' else 'batches'}/{id}/release")

    def history(self, id: str) -> list[model.Event]:  # noqa: A002
        """Return what happened to a job, in order."""
        told = self._get(f"jobs/{id}/history", dict[str, Any])
        return msgspec.convert(told["items"], list[model.Event])

    def code(self, id: str) -> str:  # noqa: A002
        """Return the Python that submits a job like this one."""
        return self._get(f"jobs/{id}/code", dict[str, str])["python"]

    def provenance(self, id: str) -> Provenance:  # noqa: A002
        """Return where a job came from."""
        from jobs_ext.model.provenance import Provenance

        return self._get(f"jobs/{id}/provenance", Provenance)

    def delete(self, kind: str, id: str) -> None:  # noqa: A002
        """Hide a job or batch (``kind``), cancelling what still runs of it."""
        self.connection.request("DELETE", f"{'jobs' if kind == 'job' else 'batches'}/{id}")

    def reinstate(self, kind: str, id: str) -> None:  # noqa: A002
        """Take a job or batch (``kind``) out of the trash."""
        self.connection.request("POST", f"{'jobs' if kind == 'job' else 'batches'}/{id}/reinstate")

    def purge(self, kind: str, id: str) -> None:  # noqa: A002
        """Remove a job or batch (``kind``) for good, with its files."""
        self.connection.request("POST", f"{'jobs' if kind == 'job' else 'batches'}/{id}/purge")

    def grants(self, of: str) -> list[Grant]:
        """Return who else may do what with ``jobs/<id>`` or ``tools/<name>``."""
        from jobs_ext.model.grant import Grant

        items = self._get(f"{of}/grants", dict[str, Any])["items"]
        return msgspec.convert(items, list[Grant])

    def share(self, of: str, grantee: str, **rights: bool) -> None:
        """Grant read, write and execute on a job or tool to a user or to ``"world"``."""
        path = f"{of}/grants/{quote(grantee, safe='')}"
        self.connection.request("PUT", path, data=encoded(rights), headers=_JSON)

    def unshare(self, of: str, grantee: str | None = None) -> None:
        """Take a grant on a job or tool back, or all of them."""
        below = "" if grantee is None else f"/{quote(grantee, safe='')}"
        self.connection.request("DELETE", f"{of}/grants{below}")

    def archive(self, id: str, folder: str | None = None) -> Archive:  # noqa: A002
        """Have a job's outputs archived in a `folder`; without one, return how far that is."""
        from jobs_ext.model.archive import Archive

        path = f"jobs/{id}/archive"
        if folder is None:
            return self._get(path, Archive)
        body = encoded({"folder": folder})
        response = self.connection.request("POST", path, data=body, headers=_JSON)
        return msgspec.json.decode(response.content, type=Archive)

    def log(
        self,
        id: str,  # noqa: A002
        stream: str = "stdout",
        attempt: int | None = None,
        offset: int = 0,
        limit: int = 1 << 20,
    ) -> model.LogChunk:
        """Return a piece of a job's log from byte `offset`; from the end when it is negative."""
        params = {"stream": stream, "attempt": attempt, "offset": offset, "limit": limit}
        return self._get(f"jobs/{id}/logs", model.LogChunk, _params(params))

    def close(self) -> None:
        """Close the connection; a later call opens a new one."""
        self.connection.close()

    def _get(self, path: str, shape: type[T], params: Any = None) -> T:
        response = self.connection.request("GET", path, params=params)
        return msgspec.json.decode(response.content, type=shape)

    def _pages(
        self, path: str, params: dict[str, Any], most: int | None = None
    ) -> Iterator[model.Page[model.Job]]:
        """Yield the pages of a listing, `most` of them; a page may be empty and not the last."""
        given = params
        for number in itertools.count(1):
            page = self._get(path, model.Page[model.Job], _params(given))
            yield page
            if page.next is None:
                return
            if number == most:
                warnings.warn("Not all jobs were looked at: ask for less.", stacklevel=4)
                return
            given = params | {"cursor": page.next}

    def _post(self, path: str, shape: type[T], body: Any, parts: Parts) -> T:
        sent = encoded(body)
        if parts:
            files = {"request": (None, sent, "application/json")} | parts
            response = self.connection.request("POST", path, files=files)
        else:
            response = self.connection.request("POST", path, data=sent, headers=_JSON)
        return msgspec.json.decode(response.content, type=shape)


def _notifications(kind: str, id_: str) -> str:
    return f"{'jobs' if kind == 'job' else 'batches'}/{id_}/notifications"


def _params(given: dict[str, Any]) -> dict[str, Any]:
    """Return query parameters as text; those that are None are left out."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in given.items()
        if value is not None
    }
