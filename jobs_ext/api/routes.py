"""Every route of the native API, once: what the server routes and what the document lists."""

from __future__ import annotations

import re
from typing import NamedTuple

from tornado import web

from ..model.errors import NotFound
from . import (
    about,
    archives,
    batches,
    bulk,
    datasets,
    events,
    grants,
    jobs,
    keys,
    logs,
    nodes,
    notifications,
    openapi,
    outputs,
    projects,
    queues,
    retention,
    tools,
    zips,
)
from .handler import API, JobsHandler

_PART = re.compile(r"\{(\w+)(:path)?\}")


class Route(NamedTuple):
    """A path below ``api/v1``, and its handler; ``{name:path}`` may hold slashes."""

    path: str
    handler: type[web.RequestHandler]

    @property
    def pattern(self) -> str:
        """The regular expression that tornado matches, below the server's base URL."""
        below = _PART.sub(lambda part: "(.+)" if part[2] else "([^/]+)", self.path)
        return rf"/{API}/{below}" if below else rf"/{API}/?"


ROUTES = [
    Route("", about.AboutHandler),
    Route("openapi.json", openapi.OpenAPIHandler),
    Route("tools", tools.ToolsHandler),
    Route("tools/{tool}", tools.ToolHandler),
    Route("tools/{tool}/grants", grants.ToolGrantsHandler),
    Route("tools/{tool}/grants/{grantee}", grants.ToolGrantHandler),
    Route("queues", queues.QueuesHandler),
    Route("retention", retention.RetentionHandler),
    Route("check", jobs.CheckHandler),
    Route("jobs", jobs.JobsCollectionHandler),
    Route("jobs/search", jobs.SearchHandler),
    Route("jobs/bulk/cancel", bulk.BulkCancelHandler),
    Route("jobs/bulk/delete", bulk.BulkDeleteHandler),
    Route("jobs/bulk/reset", bulk.BulkResetHandler),
    Route("jobs/bulk/reinstate", bulk.BulkReinstateHandler),
    Route("jobs/{job}", jobs.JobHandler),
    Route("jobs/{job}/cancel", jobs.CancelHandler),
    Route("jobs/{job}/reinstate", jobs.ReinstateHandler),
    Route("jobs/{job}/purge", jobs.PurgeHandler),
    Route("jobs/{job}/release", jobs.ReleaseHandler),
    Route("jobs/{job}/abort", nodes.AbortHandler),
    Route("jobs/{job}/rerun", jobs.RerunHandler),
    Route("jobs/{job}/reset", jobs.ResetHandler),
    Route("jobs/{job}/view", jobs.ViewHandler),
    Route("jobs/{job}/history", jobs.HistoryHandler),
    Route("jobs/{job}/code", jobs.CodeHandler),
    Route("jobs/{job}/provenance", jobs.ProvenanceHandler),
    Route("jobs/{job}/notifications", notifications.JobNotificationsHandler),
    Route("jobs/{job}/notifications/{notification}", notifications.JobNotificationHandler),
    Route("jobs/{job}/grants", grants.GrantsHandler),
    Route("jobs/{job}/grants/{grantee}", grants.GrantHandler),
    Route("jobs/{job}/archive", archives.ArchiveHandler),
    Route("jobs/{job}/logs", logs.LogsHandler),
    Route("jobs/{job}/outputs", outputs.OutputsHandler),
    Route("jobs/{job}/outputs.zip", zips.ZipHandler),
    Route("jobs/{job}/outputs/{name:path}", outputs.OutputHandler),
    Route("batches", batches.BatchesHandler),
    Route("batches/{batch}", batches.BatchHandler),
    Route("batches/{batch}/cancel", batches.BatchCancelHandler),
    Route("batches/{batch}/reinstate", batches.BatchReinstateHandler),
    Route("batches/{batch}/purge", batches.BatchPurgeHandler),
    Route("batches/{batch}/release", batches.BatchReleaseHandler),
    Route("batches/{batch}/reset", batches.BatchResetHandler),
    Route("batches/{batch}/notifications", notifications.BatchNotificationsHandler),
    Route("batches/{batch}/notifications/{notification}", notifications.BatchNotificationHandler),
    Route("batches/{batch}/jobs", batches.BatchJobsHandler),
    Route("batches/{batch}/outputs.zip", zips.BatchZipHandler),
    Route("batches/{batch}/view", batches.BatchViewHandler),
    Route("notifications", notifications.NotificationsHandler),
    Route("projects", projects.ProjectsHandler),
    Route("projects/{project}", projects.ProjectHandler),
    Route("projects/{project}/datasets", datasets.DatasetsHandler),
    Route("projects/{project}/datasets/{dataset}", datasets.DatasetHandler),
    Route("projects/{project}/datasets/{dataset}/content", datasets.ContentHandler),
    Route("nodes", nodes.NodesHandler),
    Route("nodes/{node}", nodes.NodeHandler),
    Route("nodes/{node}/ping", nodes.PingHandler),
    Route("nodes/{node}/acquire", nodes.AcquireHandler),
    Route("nodes/{node}/jobs/{job}/start", nodes.StartHandler),
    Route("nodes/{node}/jobs/{job}/progress", nodes.ProgressHandler),
    Route("nodes/{node}/jobs/{job}/finish", nodes.FinishHandler),
    Route("nodes/{node}/jobs/{job}/release", nodes.GiveBackHandler),
    Route("nodes/{node}/jobs/{job}/inputs/{number}", nodes.NodeInputHandler),
    Route("nodes/{node}/jobs/{job}/outputs/{name:path}", nodes.NodeOutputHandler),
    Route("keys", keys.KeysHandler),
    Route("keys/{key}", keys.KeyHandler),
    Route("events", events.EventsSocket),
]


class Unmatched(JobsHandler):
    """Everything else below ``jobs-ext/``: a 404 as JSON, for those who may look."""

    def refusal(self, verb: str) -> Exception:
        """Return that there is nothing."""
        path = self.request.path
        return NotFound(
            f"There is nothing at {path}.",
            field="path",
            value=path,
            hint=f"The paths are listed in {API}/openapi.json.",
        )


def handlers() -> list[tuple[str, type[web.RequestHandler]]]:
    """Return what `JobsExtension` adds to the server."""
    known = [(route.pattern, route.handler) for route in ROUTES]
    return [*known, (r"/jobs-ext(?:/.*)?", Unmatched)]
