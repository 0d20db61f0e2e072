"""How our routes are hung into Jupyter's server."""

from __future__ import annotations

from jupyter_server.utils import url_path_join
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from jobs_ext.dialects.served import DIALECTS


def ours(serverapp, path):
    """Return how many of our groups of routes a request for `path` looks into, of how many."""
    groups = [
        rule
        for rule in serverapp.web_app.default_router.rules
        for one in getattr(rule.target, "rules", [])[:1]
        if getattr(one.target, "__module__", "").startswith("jobs_ext.")
    ]
    line = RequestStartLine("GET", url_path_join(serverapp.base_url, path), "HTTP/1.1")
    request = HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Host": "localhost"}))
    return sum(one.matcher.match(request) is not None for one in groups), len(groups)


def test_only_requests_for_us_look_at_our_routes(jp_serverapp):
    n_groups = len(DIALECTS) + 1
    assert ours(jp_serverapp, "api/status") == (0, n_groups)
    assert ours(jp_serverapp, "jobs-extra/api") == (0, n_groups)
    assert ours(jp_serverapp, "jobs-ext/api/v1/jobs") == (1, n_groups)
    assert ours(jp_serverapp, "jobs-ext") == (1, n_groups)
    assert ours(jp_serverapp, "jobs-ext//ufdl/v1/jobs/") == (2, n_groups)  # what is not there, too
