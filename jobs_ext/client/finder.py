"""Where is the Jupyter server? From a kernel's environment, else from Jupyter's runtime files."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from .errors import InvalidRequest, NoServer

KEY_HEADER = "X-Jobs-Ext-Key"  # of a kernel's own key
API_KEY = "jx_"  # how an API key begins
_ELSEWHERE = "Run this in a notebook of such a server, or name one: jx.connect(url)."
_IN_A_JOB = "A job knows no server: name one, jx.connect(url), with an API key in JOBS_EXT_TOKEN."


class Address(NamedTuple):
    """A server to talk to and the headers that let us in."""

    url: str  # of the extension, ends in ``jobs-ext/``
    headers: dict[str, str]
    origin: str  # how it was found, for messages
    certificate: str = ""  # the SHA-256 in hex of the only one it may show; else by authorities

    def moved_to(self, other: Address) -> Address:
        """Return where to go on when the server is at `other` now.

        With an API key it stays by that key: whoever was given one shall not be let in by more.
        """
        key = f" {API_KEY}" in self.headers.get("Authorization", "")
        there = other._replace(certificate=self.certificate)
        return there._replace(headers=self.headers) if key else there

    def __repr__(self) -> str:
        """Leave the headers out: they hold a key or a token."""
        return f"Address({self.url!r}, found by {self.origin})"


def find() -> Address:
    """Return the server this kernel belongs to, or raise `NoServer` naming all that was tried."""
    tried: list[str] = []
    address = _by_environment(tried) or _by_parent(tried)
    if address is None:
        raise NoServer(
            "No Jupyter server with jobs_ext was found. Tried: " + "; ".join(tried) + ".",
            hint=_IN_A_JOB if os.environ.get("JOBS_ID") else _ELSEWHERE,
        )
    return address


def _by_environment(tried: list[str]) -> Address | None:
    names = ("JOBS_EXT_URL", "JOBS_EXT_KERNEL_ID", "JOBS_EXT_KERNEL_KEY")
    url, kernel, key = (os.environ.get(name, "") for name in names)
    if url.startswith("http+unix:"):
        raise NoServer(
            "The Jupyter server of this kernel listens on a Unix socket, not on a port.",
            hint="jobs_ext talks to servers on a port: start it with --port instead of --sock.",
        )
    if url and kernel and key:
        headers = {"X-Jobs-Ext-Kernel": kernel, KEY_HEADER: key}
        certificate = os.environ.get("JOBS_EXT_CERTIFICATE", "")
        return Address(url, headers, "the key of this kernel", certificate)
    missing = [name for name in names if not os.environ.get(name)]
    tried.append(f"this kernel's own key ({', '.join(missing)} not set)")
    return None


def _by_parent(tried: list[str]) -> Address | None:
    pid = os.environ.get("JPY_PARENT_PID", "")
    if not pid.isdigit():
        tried.append("the server that started this process (JPY_PARENT_PID not set)")
        return None
    file = runtime_dir() / f"jpserver-{pid}.json"
    address = read_runtime_file(file)
    if address is None:
        tried.append(f"the runtime file {file} (missing, unreadable, or of a server on a socket)")
    return address


def running() -> Iterator[Address]:
    """Yield every live Jupyter server of this user that wrote a runtime file, newest first."""
    files = [(_age(file), file) for file in runtime_dir().glob("jpserver-*.json")]
    for _, file in sorted(files):
        address = read_runtime_file(file) if _alive(file) else None
        if address is not None:
            yield address


def _age(file: Path) -> float:
    try:
        return -file.stat().st_mtime
    except OSError:
        return 0.0


def _alive(file: Path) -> bool:
    pid = file.stem.removeprefix("jpserver-")
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def read_runtime_file(file: Path) -> Address | None:
    """Return the server a ``jpserver-<pid>.json`` tells of; None if it can't be reached by TCP."""
    try:
        told = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(told, dict) or not str(told.get("url", "")).startswith(
        ("http://", "https://")
    ):
        return None
    if told.get("sock"):
        return None
    return Address(extension_url(str(told["url"])), token(told.get("token")), f"{file}")


def token(value: object) -> dict[str, str]:
    """Return the headers for a Jupyter token; none for an empty one."""
    return {"Authorization": f"token {value}"} if value else {}


def at(url: str) -> Address:
    """Return the server at `url`, with the token that the environment or a runtime file has.

    Asks for the token when there is neither and someone can answer.
    """
    place = extension_url(url)
    for name in ("JOBS_EXT_TOKEN", "JUPYTER_TOKEN"):
        if os.environ.get(name):
            return Address(place, token(os.environ[name]), name)
    for address in running():
        if _same_place(address.url, place):
            return Address(place, address.headers, address.origin)
    return Address(place, token(_ask(place)), "your answer")


def _ask(place: str) -> str:
    import getpass

    if not (sys.stdin and sys.stdin.isatty()) and "ipykernel" not in sys.modules:
        raise NoServer(
            f"There is no token for {place}.",
            hint="Set JOBS_EXT_TOKEN or JUPYTER_TOKEN in the environment.",
        )
    return getpass.getpass(f"Token of {place}: ")


def _same_place(a: str, b: str) -> bool:
    one, two = (
        re.sub(r"//(localhost|127\.0\.0\.1|\[::1\])(?=[:/])", "//localhost", url) for url in (a, b)
    )
    return one == two


def extension_url(url: str) -> str:
    """Return the extension's root for any address of a server, as copied from a browser."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidRequest(
            "That is not the address of a server.",
            field="url",
            value=url,
            hint="Write it like http://localhost:8888/.",
        )
    if "token=" in parts.query:
        raise InvalidRequest(
            "A token does not belong in a notebook.",
            field="url",
            hint="Set JOBS_EXT_TOKEN in the environment, or leave it out to be asked for it.",
        )
    path = re.sub(r"/(lab|tree|notebooks|doc)(/.*)?$", "/", parts.path).rstrip("/")
    path = path.removesuffix("/jobs-ext") + "/jobs-ext/"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def runtime_dir() -> Path:
    """Return Jupyter's runtime directory, by its own rules but without importing jupyter_core."""
    if os.environ.get("JUPYTER_RUNTIME_DIR"):
        return Path(os.environ["JUPYTER_RUNTIME_DIR"])
    return _data_dir() / "runtime"


def _data_dir() -> Path:
    if os.environ.get("JUPYTER_DATA_DIR"):
        return Path(os.environ["JUPYTER_DATA_DIR"])
    if sys.platform == "darwin":
        library = Path.home() / "Library"
        platform = os.environ.get("JUPYTER_PLATFORM_DIRS", "").lower() in ("1", "true", "yes")
        return library / "Application Support" / "Jupyter" if platform else library / "Jupyter"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "jupyter"
