"""The server that is meant when none is named, and the way from a handle to its server."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from . import finder
from .client import Client
from .connection import Connection
from .errors import JobsError, NoServer
from .submitter import Submitter

if TYPE_CHECKING:
    from jobs_ext.model.tool import Tool
    from jobs_ext.widgets.form import Form

    from .batch import Batch
    from .job import Job
    from .lists import JobList, ToolList
    from .tools import Source

_lock = threading.RLock()
_default: Client | None = None
_clients: dict[str, Client] = {}  # by fingerprint of the server

_verbs = Submitter()
submit, map = _verbs.submit, _verbs.map  # noqa: A001 - jx.map is its name
options, tool, command = _verbs.options, _verbs.tool, _verbs.command
script, notebook, function = _verbs.script, _verbs.notebook, _verbs.function


def default() -> Client:
    """Return the client in use: the one of `use` or `connect`, else this kernel's own server's."""
    global _default
    with _lock:
        if _default is None:
            _default = Client(Connection(finder.find()))
        return _default


def use(client: Client) -> Client:
    """Make `client` the one that `jx.submit` and the other short forms use."""
    global _default
    with _lock:
        _default = client
    return client


def connect(url: str | None = None) -> Client:
    """Return a client of the server at `url`; outside a notebook it is also the one in use.

    The token comes from JOBS_EXT_TOKEN or JUPYTER_TOKEN, from Jupyter's runtime file of that
    server, or from a prompt: never from the notebook. Without `url` it is this kernel's own
    server, else the only one of this user that runs.
    """
    client = Client(Connection(finder.at(url) if url else _only_one()))
    fingerprint = client.connection.info.server
    with _lock:
        _clients[fingerprint] = client
        return use(client) if _default is None and not _at_home() else client


def _at_home() -> bool:
    """Tell whether this process belongs to a server, which short forms then mean."""
    try:
        finder.find()
    except NoServer:
        return False
    return True


def _only_one() -> finder.Address:
    try:
        return finder.find()
    except NoServer as error:
        found = [address for address in finder.running() if _answers(address)]
        if len(found) == 1:
            return found[0]
        raise _none_or_several(error, found) from None


def _none_or_several(error: NoServer, found: list[finder.Address]) -> NoServer:
    """Return `error` with what was looked for besides, and how to name a server."""
    named = "jx.connect(url), or --url of jupyter jobs"
    if not found:
        more = f"; the servers of yours that run (none in {finder.runtime_dir()} answers)."
        return NoServer(
            error.message.removesuffix(".") + more,
            hint=f"Start one, such as jupyter lab, or name one: {named}.",
        )
    told = ", ".join(address.url for address in found)
    return NoServer(
        f"Several Jupyter servers of yours have jobs_ext: {told}.", hint=f"Name one: {named}."
    )


def _answers(address: finder.Address) -> bool:
    try:
        return bool(Connection(address).info.server)
    except JobsError:
        return False


def client_of(fingerprint: str, url: str) -> Client:
    """Return a client of the server a handle belongs to, wherever that server is now.

    Raises `NoServer` when no server of that fingerprint can be reached.
    """
    with _lock:
        if fingerprint not in _clients:
            _clients[fingerprint] = _search(fingerprint, url)
        return _clients[fingerprint]


def _search(fingerprint: str, url: str) -> Client:
    if _default is not None and _is(_default, fingerprint):
        return _default
    candidates = list(finder.running())
    with contextlib.suppress(NoServer):  # outside a kernel the runtime files remain
        candidates.insert(0, finder.find())
    for address in candidates:
        client = Client(Connection(address))
        if _is(client, fingerprint):
            return client
    raise NoServer(
        f"The server that has this job, last seen at {url}, is not running here.",
        hint="Start it, or connect to it: jx.connect(url).",
    )


def _is(client: Client, fingerprint: str) -> bool:
    try:
        return client.connection.info.server == fingerprint
    except JobsError:
        return False


def get(id: str) -> Job | Batch:  # noqa: A002
    """Return the job or batch with this id."""
    return default().get(id)


def last() -> Job:
    """Return the newest job."""
    return default().last()


def jobs(status: str | list[str] | None = None, **filters: Any) -> JobList:
    """Return the newest jobs, as a list with ``.df()``; see `Client.jobs` for the filters."""
    return default().jobs(status, **filters)


def batches(limit: int = 100, filter: str | None = None) -> list[Batch]:  # noqa: A002
    """Return the newest batches, at most `limit` (1 to 500), of those that a filter finds."""
    from .batch import Batch

    client = default()
    return [Batch(client, one) for one in client.batches(limit, filter)]


def tools() -> ToolList:
    """Return what can be run here, as a table."""
    return default().tools()


def add_tool(source: Source | None = None, *, replace: bool = False, **fields: Any) -> Tool:
    """Add a tool to the server: its fields, or the path of a tool file; see `Client.add_tool`."""
    return default().add_tool(source, replace=replace, **fields)


def form(what: Any, /, **fixed: Any) -> Form:
    """Return a form for a tool, a function or a notebook; `fixed` arguments are not asked for.

    Its ``.job`` is the job submitted from it last, ``.batch`` the last sweep.
    """
    return _verbs.target(what).form(**fixed)
