"""Nodes: workers outside, and what they do with jobs."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import astuple
from tornado import web

from ..model import media
from ..model.errors import NotFound
from ..model.job import Job, Output, Page
from ..model.node import (
    Acquired,
    AcquireRequest,
    Node,
    NodeFinish,
    NodeProgress,
    NodeRequest,
    NodeStart,
)
from ..service.working import Hold
from .decode import decode_body, decode_query
from .handler import JobsHandler
from .operation import Operation, authorized, describes, operation
from .receiving import ReceivingHandler
from .sending import FileHandler

RESOURCE = "jobs_ext:nodes"
_FILE = "application/octet-stream"
_DIGITS = 10  # more than the number of a file has


class NodesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of the nodes, oldest first."""

    limit: int = 100  # 1 to 500
    cursor: str | None = None  # `next` of the page before
    filter: str | None = None  # an expression: tags = gpu and seen > 2026-11-01


class AttemptQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which attempt the node tells of."""

    attempt: int  # that of the assignment


class NodesHandler(JobsHandler):
    """``nodes``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("List nodes", response=Page[Node], query=NodesQuery)
    async def get(self, query: NodesQuery) -> Page[Node]:
        """Return one page of the caller's nodes, with what they hold."""
        return await self.call(self.service.nodes.list, self.who, *astuple(query))

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @describes(Operation("Register a node", response=Node, status=201, again=200, body=NodeRequest))
    async def post(self) -> None:
        """Make a node, or give back the caller's own of that name, brought up to date (200)."""
        body, _ = await self.call(decode_body, self.request, NodeRequest, files=False)
        node, is_new = await self.call(self.service.nodes.register, self.who, body)
        self.set_header("Location", self.url("nodes", node.id))
        self.answer(node, 201 if is_new else 200)


class NodeHandler(JobsHandler):
    """``nodes/{node}``."""

    @web.authenticated
    @authorized("read", resource=RESOURCE)
    @operation("Show a node", response=Node)
    async def get(self, node: str) -> Node:
        """Return a node, with what it holds."""
        return await self.call(self.service.nodes.get, self.who, node)

    @web.authenticated
    @authorized("write", resource=RESOURCE)
    @operation("Forget a node", status=204)
    async def delete(self, node: str) -> None:
        """Remove a node that holds no job."""
        await self.call(self.service.nodes.forget, self.who, node)


class PingHandler(JobsHandler):
    """``nodes/{node}/ping``."""

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Say that a node lives", response=Node)
    async def post(self, node: str) -> Node:
        """Begin the leases of all that the node holds anew; whatever else it says does, too."""
        return await self.call(self.service.nodes.ping, self.who, node)


class AcquireHandler(JobsHandler):
    """``nodes/{node}/acquire``."""

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Acquire a job", response=Acquired, body=AcquireRequest)
    async def post(self, node: str, body: AcquireRequest) -> Acquired:
        """Give the node the next job that suits it, or the one it names."""
        acquire = self.service.working.acquire
        return Acquired(await self.call(acquire, self.who, node, body))


class StartHandler(JobsHandler):
    """``nodes/{node}/jobs/{job}/start``."""

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Start a job", response=Job, body=NodeStart)
    async def post(self, node: str, job: str, body: NodeStart) -> Job:
        """Note that the node begins with the job."""
        return await self.call(self.service.working.start, self.who, node, job, body)


class ProgressHandler(JobsHandler):
    """``nodes/{node}/jobs/{job}/progress``."""

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Say how far a job is", response=Job, body=NodeProgress)
    async def post(self, node: str, job: str, body: NodeProgress) -> Job:
        """Tell all who watch the job; the answer says whether somebody asked for its end."""
        return await self.call(self.service.working.progress, self.who, node, job, body)


class FinishHandler(JobsHandler):
    """``nodes/{node}/jobs/{job}/finish``."""

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Finish a job", response=Job, body=NodeFinish)
    async def post(self, node: str, job: str, body: NodeFinish) -> Job:
        """End the attempt: it succeeded, or failed; one that was cancelled is CANCELLED."""
        return await self.call(self.service.working.finish, self.who, node, job, body)


class GiveBackHandler(JobsHandler):
    """``nodes/{node}/jobs/{job}/release``."""

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @operation("Give a job back", response=Job, body=NodeStart)
    async def post(self, node: str, job: str, body: NodeStart) -> Job:
        """Let a job that was not started wait for a node again."""
        return await self.call(self.service.working.release, self.who, node, job, body)


class AbortHandler(JobsHandler):
    """``jobs/{job}/abort``."""

    @web.authenticated
    @authorized("write", resource="jobs_ext:jobs")
    @operation("Take a job from its node", response=Job)
    async def post(self, job: str) -> Job:
        """Let a job whose node is gone wait for another."""
        return await self.call(self.service.working.abort, self.who, job)


class NodeInputHandler(FileHandler):
    """``nodes/{node}/jobs/{job}/inputs/{number}``."""

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @describes(Operation("Fetch a file that a job reads", media_type=_FILE, query=AttemptQuery))
    async def get(self, node: str, job: str, number: str) -> None:
        """Send a file of the job that the node holds, or the range of it that is asked for."""
        hold = Hold(node, decode_query(self.request, AttemptQuery).attempt)
        find, wanted = self.service.handed.find, _place(number)
        await self.send_output(await self.call(find, self.who, job, wanted, hold))


def _place(number: str) -> int:
    """Return the number of a file as a path has it. Raises `NotFound` for what is none."""
    if not (number.isdecimal() and len(number) < _DIGITS):
        raise NotFound(f"No job has a file {number!r}.", field="number", value=number)
    return int(number)


@web.stream_request_body
class NodeOutputHandler(ReceivingHandler):
    """``nodes/{node}/jobs/{job}/outputs/{name}``."""

    async def admit(self, **options: bool) -> None:
        """Before a file is sent, find out whether it may be."""
        await super().admit(**options)
        if self.request.method == "PUT" and not self._finished:
            await self._may_work()
            node, job, name = self.path_args
            check = self.service.given.check
            room = await self.call(check, self.who, job, name, self._hold(node))
            await self.receive(room)

    @authorized("execute", resource=RESOURCE)
    async def _may_work(self, *_: str) -> None:
        """Raise unless the caller may act as a node."""

    def _hold(self, node: str) -> Hold:
        return Hold(node, decode_query(self.request, AttemptQuery).attempt)

    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    @describes(
        Operation(
            "Add an output as a node",
            response=Output,
            status=201,
            again=200,
            query=AttemptQuery,
            raw=True,
        )
    )
    async def put(self, node: str, job: str, name: str) -> None:
        """Keep the body as an output of the job that the node holds; 200 when it replaces one."""
        draft = await self.received()
        kind = self.request.headers.get("Content-Type") or media.guess(name)
        add = self.service.given.add
        hold = self._hold(node)
        output, new = await self.call(add, self.who, job, name, kind, draft, hold, self.raw)
        self.answer(output, 201 if new else 200)
