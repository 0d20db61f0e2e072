"""Ports of this machine at which a dialect is served as its own server does (`dialect_ports`).

Some clients have the address of their server built in. Where these send no credentials, who asks
there without any is a guest, for whom only tools are there that say ``open = true``. A page of some
site that a browser of this machine shows is no guest: `check_local` keeps such requests out.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from tornado import web
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest

from ..model.errors import Forbidden

LOOPBACK = "127.0.0.1"
EXTENSION = "jobs_ext"  # whose handlers they are, as Jupyter tells each when it makes one
_OWN_SITE = (None, "none", "same-origin")
_LAST_PORT = 65535
_NOT_OURS = ("static_path", "default_handler_class", "default_host", "autoreload", "debug")


def check_local(request: HTTPServerRequest) -> None:
    """Raise `Forbidden` for what a browser sends in the name of a page, and for another host.

    The name of the host is checked since a name of anybody's may lead to this machine.
    """
    headers = request.headers
    if not _is_loopback(request.host):
        raise Forbidden(
            "This port is for this machine alone.",
            field="Host",
            value=request.host,
            hint=f"Ask for {LOOPBACK}.",
        )
    if "Origin" in headers or headers.get("Sec-Fetch-Site") not in _OWN_SITE:
        raise Forbidden(
            "No page in a browser may ask here.",
            field="Origin",
            value=headers.get("Origin", headers.get("Sec-Fetch-Site")),
        )


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def check_ports(ports: Mapping[str, object], homes: Mapping[str, str | None]) -> None:
    """Raise ValueError saying which port, by dialect, can't be; `homes` has those of all."""
    for name, port in ports.items():
        if homes.get(name) is None:
            known = ", ".join(known for known, home in homes.items() if home is not None)
            raise ValueError(f"no port for {name!r}; there are {known or 'none'}")
        if isinstance(port, bool) or not isinstance(port, int) or not 0 < port <= _LAST_PORT:
            raise ValueError(f"{port!r} is no port, for {name}")
    if len(set(ports.values())) < len(ports):
        raise ValueError("each needs a port of its own")


class Ports:
    """The servers that listen at ports of dialects."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._servers: list[HTTPServer] = []

    def listen(
        self,
        name: str,
        port: int,
        handlers: Iterable[tuple[str, type[web.RequestHandler]]],
        like: web.Application,
    ) -> None:
        """Serve a dialect's handlers at a port, in all else like another application.

        A port that can't be had is told in the log: it is no reason to do without the rest.
        """
        kept = {key: value for key, value in like.settings.items() if key not in _NOT_OURS}
        rules = [(pattern, handler, {"name": EXTENSION}) for pattern, handler in handlers]
        try:
            found = socket.create_server((LOOPBACK, port))
        except OSError as error:
            self._log.error("jobs_ext: %s can't be served at port %s: %s", name, port, error)
            return
        found.setblocking(False)
        server = HTTPServer(web.Application(rules, **kept | {"base_url": "/"}))
        server.add_socket(found)
        self._servers.append(server)
        self._log.info("jobs_ext: %s is served at http://%s:%s", name, LOOPBACK, port)

    def close(self) -> None:
        """Listen no more."""
        for server in self._servers:
            server.stop()
