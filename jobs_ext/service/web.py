"""HTTP requests to places that a submitter named: each connection goes through the guard."""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Timer
from urllib.parse import urljoin

from .addresses import Guard, Place

_SAME_AGAIN = (307, 308)  # redirects that ask for the same request at another place
_ELSEWHERE = (301, 302, 303)  # redirects that ask for a GET
_TRAVELLING = ("Content-Type", "User-Agent", "X-Jobs-Ext-")  # headers for whomever it comes to


class TooManyRedirects(HTTPException):
    """A chain of redirects without end."""


class _Connection(HTTPConnection):
    guard = Guard()
    is_late = False  # its time has run out, maybe before it was connected

    def connect(self) -> None:
        """Connect to a permitted address."""
        self.sock = self.guard.connect(self.host, self.port, self.timeout or 0.0)
        _check_time(self)


class _SecureConnection(HTTPSConnection):
    guard = Guard()
    is_late = False

    def connect(self) -> None:
        """Connect to a permitted address; the certificate must be that of the name."""
        plain = self.guard.connect(self.host, self.port, self.timeout or 0.0)
        try:
            self.sock = _tls().wrap_socket(plain, server_hostname=self.host)
        except OSError:
            plain.close()
            raise
        _check_time(self)


_Guarded = _Connection | _SecureConnection


def _check_time(connection: _Guarded) -> None:
    if connection.is_late:
        raise TimeoutError("it took too long to connect")


@contextmanager
def opened(
    guard: Guard,
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 10.0,
    within: float | None = None,
    redirects: int = 5,
) -> Iterator[HTTPResponse]:
    """Give the answer to a request, its body not read yet; redirects are followed.

    User and password of the URL become Basic authorization. `timeout` is for each step, `within`
    for all of it (both seconds). A redirect is held to the same rules as the URL; to another origin
    only harmless headers go with it, and none leads from https to http. Raises `AddressRefused`,
    `OSError` or `HTTPException`.
    """
    place = guard.place(url, "url")
    sent = dict(headers or {}) | _authorization(place)
    for _ in range(redirects + 1):
        connection = _connection(guard, place, timeout)
        try:
            with _ended_within(connection, within):
                connection.request(method, place.target, body, sent)
                answer = connection.getresponse()
                following = _following(guard, place, answer, method)
                if following is None:
                    yield answer
                    return
        finally:
            connection.close()
        if following.origin != place.origin:
            sent = {name: value for name, value in sent.items() if name.startswith(_TRAVELLING)}
        place = following
    raise TooManyRedirects(f"more than {redirects} redirects")


def _connection(guard: Guard, place: Place, timeout: float) -> _Guarded:
    kind = _SecureConnection if place.scheme == "https" else _Connection
    made = kind(place.host, place.port, timeout=timeout)
    made.guard = guard
    return made


@contextmanager
def _ended_within(connection: _Guarded, seconds: float | None) -> Iterator[None]:
    """Cut a connection that takes longer, however often it sends a little."""
    if seconds is None:
        yield
        return
    timer = Timer(seconds, _cut, [connection])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(connection: _Guarded) -> None:
    connection.is_late = True
    found: socket.socket | None = connection.sock
    if found is not None:
        try:
            found.shutdown(socket.SHUT_RDWR)
        except OSError:  # it is closed already
            return


def _following(guard: Guard, place: Place, answer: HTTPResponse, method: str) -> Place | None:
    """Return where an answer sends us on to, None if it doesn't."""
    followed = _SAME_AGAIN if method != "GET" else (*_SAME_AGAIN, *_ELSEWHERE)
    where = answer.headers.get("Location")
    if answer.status not in followed or not where:
        return None
    schemes = ("https",) if place.scheme == "https" else ("http", "https")
    return guard.place(urljoin(place.url, where), "url", schemes)


def _authorization(place: Place) -> dict[str, str]:
    if place.user is None:
        return {}
    said = f"{place.user}:{place.password or ''}".encode()
    return {"Authorization": "Basic " + b64encode(said).decode()}


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
