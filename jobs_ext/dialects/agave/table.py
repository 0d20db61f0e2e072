"""Agave's routes: jobs, and what its clients touch around them."""

from __future__ import annotations

from ..table import Dialect, Route
from . import apps, around, jobs, notices, outputs, permissions
from .envelope import error, wrap

_GRANTS = "jobs_ext:grants"
_OUTPUTS = "jobs_ext:outputs"
_TOOLS = "jobs_ext:tools"
_NOTICES = "jobs_ext:notifications"
_J = "jobs/v2/{job}"
_N = "notifications/v2/{notification}"

AGAVE = Dialect(
    "agave",
    error,
    (
        Route("GET", "jobs/v2", jobs.listed, short=jobs.is_short),
        Route("POST", "jobs/v2", jobs.submit, status=201),
        Route("GET", _J, jobs.shown, short=True),
        Route("POST", _J, jobs.manage),
        Route("DELETE", _J, jobs.delete),
        Route("GET", f"{_J}/history", jobs.history),
        Route("GET", f"{_J}/status", jobs.status, short=True),
        Route("GET", f"{_J}/pems", permissions.listed, resource=_GRANTS, short=True),
        Route("POST", f"{_J}/pems", permissions.update, action="write", resource=_GRANTS),
        Route("DELETE", f"{_J}/pems", permissions.clear, resource=_GRANTS),
        Route("GET", f"{_J}/pems/{{user}}", permissions.of_user, resource=_GRANTS, short=True),
        Route(
            "POST", f"{_J}/pems/{{user}}", permissions.update_user, action="write", resource=_GRANTS
        ),
        Route("DELETE", f"{_J}/pems/{{user}}", permissions.remove, resource=_GRANTS),
        Route("GET", f"{_J}/outputs/listings/{{path:path}}", outputs.listings, resource=_OUTPUTS),
        Route("GET", f"{_J}/outputs/media/{{path:path}}", outputs.media, resource=_OUTPUTS),
        Route("GET", "jobs/v2/search/{attribute}/{value}", jobs.searched),
        Route("GET", "jobs/v2/{attribute}/{value}", jobs.searched),
        Route("GET", "apps/v2", apps.listed, resource=_TOOLS),
        Route("GET", "apps/v2/{app}", apps.shown, resource=_TOOLS),
        Route("GET", "apps/v2/{app}/form", apps.form, resource=_TOOLS),
        Route("GET", "notifications/v2", notices.listed, resource=_NOTICES),
        Route(
            "POST", "notifications/v2", notices.add, action="write", status=201, resource=_NOTICES
        ),
        Route("GET", _N, notices.shown, resource=_NOTICES),
        Route("POST", _N, notices.update, action="write", resource=_NOTICES),
        Route("DELETE", _N, notices.delete, resource=_NOTICES),
        Route("GET", "systems/v2", around.systems, resource="jobs_ext:api"),
        Route("GET", "systems/v2/{system}", around.system, resource="jobs_ext:api"),
        Route("GET", "profiles/v2/{user}", around.profile, resource="jobs_ext:api"),
        Route("GET", "meta/v2/data", around.metadata, resource="jobs_ext:api"),
    ),
    wrap,
    schemes=frozenset({"bearer", "token", "basic"}),
)
