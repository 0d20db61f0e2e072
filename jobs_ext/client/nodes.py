"""Nodes: workers outside that take jobs from a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec

from jobs_ext.model.job import Job, Page
from jobs_ext.model.node import (
    Acquired,
    AcquireRequest,
    Assignment,
    Node,
    NodeFinish,
    NodeProgress,
    NodeRequest,
    NodeStart,
)

from .wire import encoded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from .connection import Connection

_PIECE = 1 << 20  # bytes
_JSON = {"Content-Type": "application/json"}
T = TypeVar("T")


class Nodes:
    """The nodes of who we are on a server; to be one takes the verb `work`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def register(self, wanted: NodeRequest) -> Node:
        """Make a node, or bring ours of that name up to date: it tells what it still holds."""
        return self._post("nodes", wanted, Node)

    def list(self, filter: str | None = None) -> list[Node]:  # noqa: A002
        """Return all nodes, oldest first, each with what it holds; `filter` says which."""
        nodes: list[Node] = []
        asked = {} if filter is None else {"filter": filter}
        cursor: str | None = None
        while True:
            params = {"limit": "500"} | asked | ({"cursor": cursor} if cursor else {})
            response = self._connection.request("GET", "nodes", params=params)
            page = msgspec.json.decode(response.content, type=Page[Node])
            nodes += page.items
            cursor = page.next
            if cursor is None:
                return nodes

    def ping(self, node: str) -> Node:
        """Say that a node lives: the leases of all that it holds begin anew."""
        return self._post(f"nodes/{node}/ping", {}, Node)

    def forget(self, node: str) -> None:
        """Remove a node, by its id. Raises `Conflict` while it holds jobs."""
        self._connection.request("DELETE", f"nodes/{node}")

    def acquire(self, node: str, wanted: AcquireRequest) -> Assignment | None:
        """Take the next job that suits a node, or the one that is named; None when there is none.

        Raises `Conflict` for a named one that somebody else has, or that does not wait for a node.
        """
        return self._post(f"nodes/{node}/acquire", wanted, Acquired).assignment

    def start(self, node: str, job: str, told: NodeStart) -> Job:
        """Say that a node begins with a job. Raises `Conflict` if it is not, or no longer, its."""
        return self._post(f"nodes/{node}/jobs/{job}/start", told, Job)

    def progress(self, node: str, job: str, told: NodeProgress) -> Job:
        """Say how far a job is; the answer tells whether somebody asked for its end."""
        return self._post(f"nodes/{node}/jobs/{job}/progress", told, Job)

    def fetch(
        self, node: str, job: str, attempt: int, number: int, target: BinaryIO
    ) -> Iterator[int]:
        """Write a file that a job reads to `target`, yielding the size of each piece of it.

        Raises `Conflict` if the job is not, or no longer, the node's, or the file was changed since
        the submit, `NotFound` for one that is gone, and `OSError` when the transfer breaks off.
        """
        path, params = f"nodes/{node}/jobs/{job}/inputs/{number}", {"attempt": attempt}
        with self._connection.request("GET", path, params=params, stream=True) as answer:
            left = int(answer.headers["Content-Length"])
            for piece in answer.iter_content(_PIECE):
                target.write(piece)
                left -= len(piece)
                yield len(piece)
        if left:
            raise OSError("the transfer broke off")

    def output(self, node: str, job: str, attempt: int, name: str, file: Path) -> None:
        """Send a file as an output of a job, as it lies on the disk."""
        path = f"nodes/{node}/jobs/{job}/outputs/{quote(name)}"
        with file.open("rb") as body:
            self._connection.request("PUT", path, params={"attempt": attempt}, data=body)

    def finish(self, node: str, job: str, told: NodeFinish) -> Job:
        """End an attempt, well or not. Raises `Conflict` if it is not, or no longer, the node's."""
        return self._post(f"nodes/{node}/jobs/{job}/finish", told, Job)

    def release(self, node: str, job: str, told: NodeStart) -> Job:
        """Give back a job that was not started."""
        return self._post(f"nodes/{node}/jobs/{job}/release", told, Job)

    def _post(self, path: str, body: object, shape: type[T]) -> T:
        response = self._connection.request("POST", path, data=encoded(body), headers=_JSON)
        return msgspec.json.decode(response.content, type=shape)
