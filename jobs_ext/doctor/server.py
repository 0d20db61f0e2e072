"""The Jupyter server: whether it can be reached, and whether it is of this version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from .. import __version__
from ..client.client import Client
from ..client.errors import JobsError, VersionMismatch
from ..client.lists import problem_line
from .finding import Finding, error, ok, warning


def check_server(connect: Callable[[], Client]) -> Iterator[Finding]:
    """Look for the server by `connect`, as any command would."""
    try:
        client = connect()
        info = client.connection.info
    except VersionMismatch as trouble:
        yield error("server", trouble.message, "The two can't talk to each other.", trouble.hint)
        return
    except JobsError as trouble:
        yield warning(
            "server",
            trouble.message,
            "Jobs are submitted through a server. Accepted ones go on without.",
            trouble.hint,
        )
        return
    if info.version != __version__:
        yield warning(
            "server",
            f"The server runs jobs_ext {info.version}, this is {__version__}.",
            "The older of the two lacks what the newer one can do.",
            "Upgrade the older one: pip install -U jobs_ext; then restart the server.",
        )
        return
    yield ok("server", f"{client.connection.address.url}, jobs_ext {info.version}")


def check_tools(connect: Callable[[], Client]) -> Iterator[Finding]:
    """Say which tool files, and folders of them, the server can't use; it says so itself."""
    try:
        problems = connect().tools().problems
    except JobsError:  # no server, or none that tells us; `check_server` says so
        return
    for problem in problems:
        yield warning(
            "tools",
            problem_line(problem),
            "What it describes can't be submitted.",
            "Mend the file, or JobsExtension.tool_dirs, which names the folders.",
        )


def data_dir(connect: Callable[[], Client]) -> Path | None:
    """Return the data directory of the server; None when it can't be known from here."""
    try:
        connection = connect().connection
        nonce = connection.info.nonce
    except JobsError:
        return None
    return Path(nonce.path).parent if nonce is not None and connection.shares_files else None
