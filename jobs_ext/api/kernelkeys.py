"""A key for each kernel, so that code in a notebook reaches this server without a token.

The key is an HMAC of the kernel's id under a random secret of this server process: nothing is
stored, it works for our handlers alone, and only while its kernel lives.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from jupyter_server.auth import User
from jupyter_server.base.call_context import CallContext
from jupyter_server.utils import url_path_join

from ..model.errors import Forbidden
from .people import system_user

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_client.manager import KernelManager
    from jupyter_client.multikernelmanager import MultiKernelManager
    from jupyter_server.serverapp import ServerApp

KERNEL_HEADER = "X-Jobs-Ext-Kernel"
KEY_HEADER = "X-Jobs-Ext-Key"
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - not bound to


class KernelKeys:
    """Makes and checks the keys of the kernels of one server."""

    def __init__(self, kernels: MultiKernelManager) -> None:
        self._kernels = kernels
        self._secret = secrets.token_bytes(32)
        self._starters: WeakKeyDictionary[KernelManager, User] = WeakKeyDictionary()

    def key(self, kernel: str) -> str:
        """Return the key of the kernel with id `kernel`."""
        return hmac.new(self._secret, kernel.encode(), hashlib.sha256).hexdigest()

    def user(self, headers: Mapping[str, str]) -> User | None:
        """Return who a request with a kernel key acts for; None when it carries none.

        Raises `Forbidden` for a pair that is incomplete, wrong, or of a kernel that has ended.
        """
        if KERNEL_HEADER not in headers and KEY_HEADER not in headers:
            return None
        kernel, key = headers.get(KERNEL_HEADER, ""), headers.get(KEY_HEADER, "")
        if not self._valid(kernel, key):
            raise Forbidden(
                "The kernel key is not valid here.",
                field=KEY_HEADER,
                hint="It works only while its kernel runs. Restart the kernel to get a new one.",
            )
        return self._starters.get(self._kernels.get_kernel(kernel)) or User(system_user())

    def _valid(self, kernel: str, key: str) -> bool:
        # Compare first: an answer must not tell whether a kernel of that id exists.
        right = hmac.compare_digest(self.key(kernel).encode(), key.encode())
        return right and kernel in self._kernels

    def give(self, url: Callable[[], str], variables: Mapping[str, str]) -> None:
        """Make every kernel started from now on find this server by its environment.

        `url` is asked when a kernel starts, since the port is not known before; `variables` are
        set as well.
        """
        start: Callable[..., tuple[KernelManager, str, str]] = self._kernels.pre_start_kernel

        def pre_start_kernel(
            kernel_name: str | None, kwargs: dict[str, Any]
        ) -> tuple[KernelManager, str, str]:
            manager, name, kernel = start(kernel_name, kwargs)
            handler = CallContext.get(CallContext.JUPYTER_HANDLER)
            if handler is not None and isinstance(handler.current_user, User):
                self._starters[manager] = handler.current_user
            kwargs["env"] = {
                **(kwargs.get("env") or os.environ),
                **variables,
                "JOBS_EXT_URL": url(),
                "JOBS_EXT_KERNEL_ID": kernel,
                "JOBS_EXT_KERNEL_KEY": self.key(kernel),
            }
            return manager, name, kernel

        self._kernels.pre_start_kernel = pre_start_kernel  # type: ignore[method-assign]


def kernel_url(server: ServerApp) -> str:
    """Return the URL below which a kernel on this machine finds our handlers."""
    url = urlsplit(server.connection_url)
    loopback = _LOOPBACK.get(server.ip)
    if loopback:  # the host's own name may not resolve; a certificate is known by `fingerprint`
        url = url._replace(netloc=f"{loopback}:{server.port}")
    return url_path_join(url.geturl(), "jobs-ext/")


def fingerprint(server: ServerApp) -> str:
    """Return the SHA-256 of the certificate that the server shows, in hex; "" if it shows none.

    By it a kernel knows the server, whoever signed that and whatever name is in it.
    """
    file = (server.ssl_options or {}).get("certfile") or server.certfile
    if not file:
        return ""
    begins, ends = ssl.PEM_HEADER, ssl.PEM_FOOTER
    first = Path(file).read_text("ascii", "ignore").partition(begins)[2].partition(ends)[0]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(f"{begins}{first}{ends}")).hexdigest()
