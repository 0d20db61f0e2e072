"""How routes are hung into Jupyter's server: many of them behind one look at how a path begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from jupyter_server.extension.handler import ExtensionHandlerMixin
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.routing import PathMatches


def mount(
    server: ServerApp, name: str, below: str, routes: Sequence[tuple[str, type[web.RequestHandler]]]
) -> None:
    """Serve `routes` of the extension called `name`, all of them at paths that begin with `below`.

    `below` is a regular expression without slashes at its ends; like the patterns of the routes it
    is meant below the server's base URL. Tornado tries the patterns of all extensions one by one,
    before Jupyter's own: with two hundred of ours among them, each request of the server took a
    twentieth longer. So they are a group of their own that only requests for us look into.
    """
    app = server.web_app
    base = app.settings["base_url"]
    # Given to Jupyter as it wants them: it checks that each says who may come in.
    app.add_handlers(  # type: ignore[no-untyped-call]
        ".*$",
        [(url_path_join(base, one), handler, _given(name, handler)) for one, handler in routes],
    )
    group = app.default_router.rules[-2]  # the newest stands before Jupyter's own, the last one
    group.matcher = PathMatches(f"{re.escape(base)}{below}(?:/.*)?")


def _given(name: str, handler: type[web.RequestHandler]) -> dict[str, str]:
    """Return what a handler is made with."""
    return {"name": name} if issubclass(handler, ExtensionHandlerMixin) else {}
