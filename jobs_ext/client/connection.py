"""One HTTP connection to the server: retries, and follows the server when it was restarted."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import msgspec
import requests

from jobs_ext.model.learning import learn_structs

from . import errors, finder

API = 1
_AWAY = (502, 503, 504)  # a proxy without its server, or a store that can't answer now
_SHUT = (401, 403)


class Nonce(msgspec.Struct, frozen=True):
    """A file of the server and its text: who can read it there shares its file system."""

    path: str
    value: str


class ServerInfo(msgspec.Struct, frozen=True):
    """What a server says of itself."""

    name: str
    version: str
    api: int
    server: str  # fingerprint: stays the same when the server restarts
    owner: str  # who we are there
    nonce: Nonce | None = None


class Connection:
    """Requests to one server, known by its fingerprint rather than by its address.

    `patience` is how many seconds a server that was there once may be away before an error.
    """

    patience = 60.0

    def __init__(self, address: finder.Address) -> None:
        self.address = address
        self._info: ServerInfo | None = None
        self._lock = threading.RLock()
        self._session: requests.Session | None = None
        self._pid = 0
        self._shares: bool | None = None

    @property
    def info(self) -> ServerInfo:
        """Who the server is; asked once. Raises `NoServer` or `VersionMismatch`."""
        with self._lock:
            if self._info is None:
                learn_structs()
                self._info = self._hello(self.address)
            return self._info

    @property
    def shares_files(self) -> bool:
        """True when a file of the server could be read at the same path here."""
        if self._shares is None:
            nonce = self.info.nonce
            self._shares = nonce is not None and _read(nonce.path) == nonce.value.strip()
        return self._shares

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        data: bytes | BinaryIO | None = None,
        files: Any = None,
        headers: dict[str, str] | None = None,
        stream: bool = False,
    ) -> requests.Response:
        """Return the answer to a request; `path` is relative to ``api/v1/``.

        `data` that is an open file is sent as it is read.

        Every request may be sent again, so it must be safe to repeat: submits carry a key.
        Raises the `JobsError` that a refusal stands for.
        """
        self.info  # noqa: B018 - the first request finds out whom we talk to
        pauses = self._pauses()
        while True:
            response, trouble = self._try(method, path, params, data, files, headers, stream)
            if response is not None and not _may_change(response):
                return _checked(response)
            moved = self._follow()
            if response is not None and response.status_code in _SHUT and not moved:
                return _checked(response)
            pause = next(pauses, None)
            if pause is None:
                raise _gone(self.address, response, trouble)
            time.sleep(0 if moved else pause)

    def _try(
        self, method: str, path: str, params: Any, data: Any, files: Any, headers: Any, stream: bool
    ) -> tuple[requests.Response | None, requests.RequestException | None]:
        address = self.address
        if not isinstance(data, bytes | None):
            data.seek(0)  # some of it may have been sent already
        try:
            response = self._http().request(
                method,
                f"{address.url}api/v1/{path}",
                params=params,
                data=data,
                files=files,
                headers=headers,
                auth=_Headers(address.headers),
                timeout=(5, 60),
                stream=stream,
                allow_redirects=False,
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            return None, error
        return response, None

    def _pauses(self) -> Iterator[float]:
        """Yield growing pauses until the patience is used up."""
        end, pause = time.monotonic() + self.patience, 0.1
        while time.monotonic() < end:
            yield pause
            pause = min(pause * 2, 2.0)

    def _follow(self) -> bool:
        """Look for the same server at another address or with another token; True if found."""
        with self._lock:
            for found in finder.running():
                address = self.address.moved_to(found)
                if address[:2] == self.address[:2]:
                    continue
                try:
                    info = self._hello(address)
                except errors.JobsError:
                    continue
                if self._info is not None and info.server == self._info.server:
                    self.address, self._info, self._shares = address, info, None
                    return True
        return False

    def _hello(self, address: finder.Address) -> ServerInfo:
        try:
            response = self._http().get(
                f"{address.url}api/v1/",
                auth=_Headers(address.headers),
                timeout=(5, 30),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _gone(address, None, error) from None
        return _introduced(address, response)

    def _http(self) -> requests.Session:
        """Return the session; a forked child gets its own, sockets can't be shared."""
        with self._lock:
            if self._session is None or self._pid != os.getpid():
                self._session, self._pid = _session(self.address), os.getpid()
            return self._session

    def close(self) -> None:
        """Close the sockets; the next request opens new ones."""
        with self._lock:
            if self._session is not None:
                self._session.close()
                self._session = None


def _may_change(response: requests.Response) -> bool:
    """Tell whether the same request may have another answer soon."""
    if response.status_code in _SHUT:
        return _is_unknown(response)
    if response.status_code not in _AWAY:
        return False
    return f'"{errors.StoreRefused.type}"' not in response.text


class _Headers(requests.auth.AuthBase):
    """Lets us in. As an auth object, so that requests does not use a ~/.netrc instead."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


def _is_unknown(response: requests.Response) -> bool:
    """Tell whether the server does not know us, as after its restart; else it knows and refuses."""
    told = _body(response)
    field = told.get("field") if isinstance(told, dict) else None
    return field in (None, finder.KEY_HEADER)


class _OneCertificate(requests.adapters.HTTPAdapter):
    """Talks to whoever shows one certificate, whoever signed it and whatever name it has."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        super().__init__()

    def init_poolmanager(self, *given: Any, **options: Any) -> None:
        super().init_poolmanager(*given, assert_fingerprint=self._fingerprint, **options)


def _session(address: finder.Address) -> requests.Session:
    session = requests.Session()
    session.headers["Accept"] = "application/json"
    if address.certificate:  # of our kernel's own server, which proxies need not reach
        session.trust_env = session.verify = False
        session.mount("https://", _OneCertificate(address.certificate))
    elif urlsplit(address.url).hostname in ("localhost", "127.0.0.1", "::1"):
        session.trust_env = False  # a proxy could not reach our own machine
        session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
    return session


def _introduced(address: finder.Address, response: requests.Response) -> ServerInfo:
    if response.status_code in (401, 403) or response.is_redirect:
        raise errors.Forbidden(
            f"The server at {address.url} does not let us in (by {address.origin}).",
            hint="Restart the kernel to get a new key, or name the token: JOBS_EXT_TOKEN.",
        )
    try:
        info = msgspec.json.decode(response.content, type=ServerInfo)
    except msgspec.DecodeError:
        raise errors.NoServer(
            f"The Jupyter server at {address.url} has no jobs_ext (HTTP {response.status_code}).",
            hint="Install jobs_ext into the server's environment and restart the server.",
        ) from None
    return _same_version(info)


def _same_version(info: ServerInfo) -> ServerInfo:
    if info.api != API:
        old = "kernel's environment" if info.api > API else "server's environment"
        raise errors.VersionMismatch(
            f"The server (jobs_ext {info.version}) speaks API {info.api}, this client {API}.",
            hint=f"Upgrade the older one: pip install -U jobs_ext in the {old}.",
        )
    return info


def _gone(
    address: finder.Address, response: requests.Response | None, trouble: Exception | None
) -> errors.JobsError:
    if response is not None:
        return errors.of_response(response.status_code, _body(response))
    if isinstance(trouble, requests.exceptions.SSLError):
        return _not_trusted(address, trouble)
    why = "took too long to answer" if isinstance(trouble, requests.Timeout) else "can't be reached"
    return errors.NoServer(
        f"The server at {address.url} {why} (known by {address.origin}).",
        hint="Jobs that were accepted go on without it.",
    )


def _not_trusted(address: finder.Address, trouble: Exception) -> errors.NoServer:
    if address.certificate:
        return errors.NoServer(
            f"The server at {address.url} shows another certificate than when this kernel began.",
            hint="Restart the kernel.",
        )
    said = re.search(r"certificate verify failed: ([\w ,.'-]+\w)", str(trouble))
    return errors.NoServer(
        f"The certificate of the server at {address.url} is not trusted"
        f"{f': {said[1]}' if said else ''}.",
        hint="Name the file of its authority: REQUESTS_CA_BUNDLE=/path/to/ca.pem.",
    )


def _checked(response: requests.Response) -> requests.Response:
    if response.status_code < 300:
        return response
    raise errors.of_response(response.status_code, _body(response))


def _body(response: requests.Response) -> object:
    try:
        return msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return None


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, ValueError):
        return None
