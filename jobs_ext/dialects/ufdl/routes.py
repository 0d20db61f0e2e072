"""Every path of UFDL's server that concerns jobs, below ``v1``."""

from __future__ import annotations

from ..table import Call, Dialect, Route
from . import auth, creating, jobs, nodes, outputs, templates, watch, working
from .catalogue import JOB_CONTRACTS, JOB_TYPES, LICENCES, Row
from .context import Action, Ctx, action
from .errors import refused
from .filters import Fields, FilterSpec, chosen, plain

_OUTPUTS = "jobs_ext:outputs"
_NODES = "jobs_ext:nodes"
_TEMPLATES = "jobs_ext:tools"


def _listed(rows: list[Row], what: str) -> Action:
    """Return an action that lists rows which never change."""

    def run(ctx: Ctx) -> object:
        return chosen(ctx.body(FilterSpec), rows, Fields(plain(*rows[0])))

    run.__doc__ = f"List {what}."
    return action(run)


def _of_no_node(call: Call) -> bool:
    """Tell whether a request only reads: that of a node is a sign of life, which is kept."""
    return "Node-Id" not in call.headers


_AUTH = (
    Route("POST", "v1/auth/obtain", auth.obtain, public=True, key=auth.password),
    Route("POST", "v1/auth/refresh", auth.refresh, public=True, key=auth.refresh_token),
    Route("POST", "v1/auth/verify", auth.verify, public=True, key=auth.token),
)
_JOBS = (
    Route("POST", "v1/jobs/list", jobs.list_, action="read"),
    Route("POST", "v1/jobs/create", jobs.create),
    Route("GET", "v1/jobs/{pk}", jobs.retrieve, watch=watch.watch, short=_of_no_node),
    Route("PUT", "v1/jobs/{pk}", jobs.update),
    Route("PATCH", "v1/jobs/{pk}", jobs.update),
    Route("DELETE", "v1/jobs/{pk}", jobs.destroy),
    Route("DELETE", "v1/jobs/{pk}/hard", jobs.hard_delete),
    Route("DELETE", "v1/jobs/{pk}/reinstate", jobs.reinstate),
    Route("DELETE", "v1/jobs/{pk}/cancel", jobs.cancel),
    Route("DELETE", "v1/jobs/{pk}/abort", jobs.abort),
    Route("GET", "v1/jobs/{pk}/acquire", working.acquire, action="execute"),
    Route("DELETE", "v1/jobs/{pk}/release", working.release, action="execute"),
    Route("POST", "v1/jobs/{pk}/start", working.start),
    Route("POST", "v1/jobs/{pk}/progress/{amount}", working.progress),
    Route("POST", "v1/jobs/{pk}/finish", working.finish),
    Route("DELETE", "v1/jobs/{pk}/reset", working.reset, action="execute"),
)
_ONE = "v1/jobs/{pk}/outputs/{name}/{type}"
_FILES = (
    Route("POST", _ONE, outputs.add, body="file", resource=_OUTPUTS),
    Route("GET", _ONE, outputs.get, resource=_OUTPUTS),
    Route("DELETE", _ONE, outputs.delete, resource=_OUTPUTS),
    Route("GET", f"{_ONE}/info", outputs.info, resource=_OUTPUTS),
    Route("POST", "v1/job-outputs/list", outputs.list_, action="read", resource=_OUTPUTS),
    Route("GET", "v1/job-outputs/{pk}", outputs.retrieve, resource=_OUTPUTS),
    Route(
        "POST", "v1/job-outputs/{pk}/download", outputs.download, action="read", resource=_OUTPUTS
    ),
)
_NODE = "v1/nodes/{pk}"
_WORKERS = (
    Route("POST", "v1/nodes/list", nodes.list_, action="read", resource=_NODES),
    Route("POST", "v1/nodes/create", nodes.create, status=201, resource=_NODES),
    Route("GET", "v1/nodes/ping", nodes.ping, action="execute", resource=_NODES),
    Route("GET", _NODE, nodes.retrieve, resource=_NODES),
    Route("PUT", _NODE, nodes.update, resource=_NODES),
    Route("PATCH", _NODE, nodes.partial_update, resource=_NODES),
    Route("DELETE", _NODE, nodes.destroy, resource=_NODES),
    Route("POST", "v1/hardware/list", nodes.hardware, action="read", resource=_NODES),
)
_BASE, _T = "v1/job-templates", "v1/job-templates/{pk}"
_MADE_FROM = (
    Route("POST", f"{_BASE}/list", templates.list_, action="read", resource=_TEMPLATES),
    Route("POST", f"{_BASE}/import", templates.import_, action="write", resource=_TEMPLATES),
    Route(
        "GET",
        f"{_BASE}/get-all-matching-templates/{{contract}}",
        templates.matching,
        resource=_TEMPLATES,
    ),
    Route("GET", _T, templates.retrieve, resource=_TEMPLATES),
    Route("DELETE", _T, templates.destroy, resource=_TEMPLATES),
    Route("DELETE", f"{_T}/reinstate", templates.reinstate, resource=_TEMPLATES),
    Route("DELETE", f"{_T}/hard", templates.hard_delete, resource=_TEMPLATES),
    Route("GET", f"{_T}/export", templates.export, resource=_TEMPLATES),
    Route("POST", f"{_T}/create-job", creating.create_job),
    Route("GET", f"{_T}/get-all-parameters", templates.parameters, resource=_TEMPLATES),
    Route("GET", f"{_T}/get-types", templates.types, resource=_TEMPLATES),
    Route("GET", f"{_T}/get-outputs", templates.outputs, resource=_TEMPLATES),
)
_ROWS = {"job-types": JOB_TYPES, "job-contracts": JOB_CONTRACTS, "licences": LICENCES}
_LISTS = tuple(
    Route("POST", f"v1/{name}/list", _listed(rows, name), action="read", resource=_TEMPLATES)
    for name, rows in _ROWS.items()
)

UFDL = Dialect(
    "ufdl",
    refused,
    (*_AUTH, *_JOBS, *_FILES, *_WORKERS, *_MADE_FROM, *_LISTS),
    schemes=frozenset({"bearer"}),
    challenge='Bearer realm="api"',
)
