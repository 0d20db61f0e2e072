"""ExploreTech's ET Engine: the six routes of the seed and, below ``v1``, what its SDK speaks.

Both wire forms speak of the same batches, tools and file systems. Where they differ the seed's
stands at the root.
"""

from __future__ import annotations

from msgspec import Struct

from ..table import Dialect, Problem, Reply, Route
from . import batches, filesystems, sdk, tools

_SHOWN = 100  # characters of a value


class Options(Struct, frozen=True):
    """What a server may set for this dialect."""

    lists: bool = False  # put the single objects of the seed's pages into lists, as printed there


def refused(problem: Problem, status: int) -> Reply:
    """Say what is wrong, in words: that is what this service's clients show.

    They see no more than the words, so that of hardware field and value are among them.
    """
    told = f"{problem.message} {problem.hint}".strip()
    kind, _, name = (problem.field or "").rpartition(".")
    if kind in ("options", "hardware") and problem.value is not None:
        told = f"hardware.{name} = {str(problem.value)[:_SHOWN]}: {told}"
    return Reply(told.encode(), status, "text/plain; charset=utf-8")


_TOOLS = "jobs_ext:tools"
_BATCHES = "jobs_ext:batches"
_FILES = "jobs_ext:outputs"


def _files(root: str) -> tuple[Route, ...]:
    """Return the routes of file systems, which are the same for both forms."""
    one = f"{root}filesystems/{{filesystem}}"
    file = f"{one}/files/{{path:path}}"
    return (
        Route("GET", f"{root}filesystems", filesystems.listed, resource=_FILES),
        Route("POST", f"{root}filesystems", filesystems.create, action="write", resource=_FILES),
        Route("DELETE", one, filesystems.delete, resource=_FILES),
        Route("GET", f"{one}/list/{{path:path}}", filesystems.look, resource=_FILES),
        Route(
            "POST", f"{one}/mkdir/{{path:path}}", filesystems.mkdir, action="write", resource=_FILES
        ),
        Route("POST", file, filesystems.upload, action="write", resource=_FILES),
        Route("PUT", file, filesystems.piece, body="file", resource=_FILES),
        Route("GET", file, filesystems.download, resource=_FILES),
        Route("DELETE", file, filesystems.remove, resource=_FILES),
    )


ET_ENGINE = Dialect(
    "et_engine",
    refused,
    (
        Route("GET", "batches", batches.listed, resource=_BATCHES),
        Route("DELETE", "batches", batches.clear, resource=_BATCHES),
        Route("GET", "batches/{batch}", batches.show, resource=_BATCHES, short=True),
        Route("DELETE", "batches/{batch}", batches.delete, resource=_BATCHES),
        Route("GET", "batches/{batch}/jobs", batches.jobs, resource=_BATCHES),
        Route("GET", "batches/{batch}/jobs/{job}", batches.job, short=True),
        Route("GET", "logs/{log}", batches.log),
        Route("GET", "tools", tools.listed, resource=_TOOLS),
        Route("POST", "tools", tools.create, action="write", resource=_TOOLS),
        Route("GET", "tools/{tool}", tools.show, resource=_TOOLS),
        Route("POST", "tools/{tool}", batches.submit, resource=_BATCHES),
        Route("DELETE", "tools/{tool}", tools.delete, resource=_TOOLS),
        *_files(""),
        Route("GET", "v1/batches", sdk.batches, resource=_BATCHES),
        Route("DELETE", "v1/batches", batches.clear, resource=_BATCHES),
        Route("GET", "v1/batches/{batch}", sdk.status, resource=_BATCHES, short=True),
        Route("DELETE", "v1/batches/{batch}", batches.delete, resource=_BATCHES),
        Route("GET", "v1/batches/{batch}/jobs", batches.jobs, resource=_BATCHES),
        Route("GET", "v1/batches/{batch}/jobs/{job}", batches.job, short=True),
        Route("GET", "v1/logs/{log}", batches.log),
        Route("GET", "v1/tools", sdk.tools, resource=_TOOLS),
        Route("POST", "v1/tools", sdk.create, action="write", resource=_TOOLS),
        Route("GET", "v1/tools/{tool}", tools.show, resource=_TOOLS),
        Route("POST", "v1/tools/{tool}", sdk.submit, resource=_BATCHES),
        Route("DELETE", "v1/tools/{tool}", tools.delete, resource=_TOOLS),
        *_files("v1/"),
    ),
    schemes=frozenset({"bearer", "token", "basic", ""}),
    headers=("Bearer",),
    options=Options(),
)
