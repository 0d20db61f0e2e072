"""What every action needs: who asks, as which node, and the job that is meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from ...model.errors import Forbidden, InvalidRequest, NotFound
from ...model.job import Job
from ...model.node import Node
from ...service import Principal, Service
from ..table import Call
from .children import Child, parted

T = TypeVar("T", bound=Struct)
Action = Callable[..., object]

_LARGEST = 2**63 - 1  # of numbers that the store can look for
_DIGITS = 100  # that are read at all, zeros in front included


class Ctx(NamedTuple):
    """One request: who asks sees what lies in the trash, as UFDL's clients do."""

    call: Call
    who: Principal
    node: Node | None  # that of the header Node-Id

    @property
    def service(self) -> Service:
        """The service."""
        return self.call.service

    @property
    def worker(self) -> Node:
        """The node that asks. Raises `Forbidden` for other requests."""
        if self.node is None:
            raise Forbidden(
                "Only a node may do this.",
                field="Node-Id",
                hint="Send the header Node-Id, with a key that may work.",
            )
        return self.node

    def job(self, pk: str) -> Job:
        """Return the job that a path names; raises `Conflict` for a child: it is part of one."""
        job, child = self.job_or_child(pk)
        if child is not None:
            raise child.refusal()
        return job

    def job_or_child(self, pk: str) -> tuple[Job, Child | None]:
        """Return the job that a path names, or that of the child which it names, and that."""
        unknown = NotFound("No Job matches the given query.", field="pk", value=pk)
        own, place = parted(number(pk, "Job"))
        try:
            job = self.service.jobs.numbered(self.who, own)
        except NotFound:
            raise unknown from None
        if place is None:
            return job, None
        if place >= len(job.steps):
            raise unknown
        return job, Child(job, place)

    def own_job(self, pk: str) -> Job:
        """Return the job that a path names, which the asking node has. Raises `Forbidden`."""
        node, job = self.worker, self.job(pk)
        if job.node != node.id:
            raise Forbidden(f"Node {node.pk} does not own job {pk}.", field="Node-Id")
        return job

    def body(self, shape: type[T]) -> T:
        """Return the body as a struct; none at all is an empty object."""
        return (self.call if self.call.body.strip() else replace(self.call, body=b"{}")).json(shape)


def number(text: str, kind: str) -> int:
    """Return the number that a path names a thing by. Raises `NotFound` for what is none."""
    digits = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    if not digits or int(text) > _LARGEST:
        raise NotFound(f"No {kind} matches the given query.", field="pk", value=text)
    return int(text)


def action(run: Callable[..., object]) -> Action:
    """Make a function of a `Ctx` one of a `Call`; a node that asks was heard of by that."""

    @wraps(run)
    def answer(call: Call, *parts: str) -> object:
        ctx = context(call)
        if ctx.node is not None:
            ctx.service.nodes.ping(ctx.who, ctx.node.id)
        return run(ctx, *parts)

    return answer


def work(run: Callable[..., object]) -> Action:
    """Do as `action` for what the service takes for a sign of life by itself."""

    @wraps(run)
    def answer(call: Call, *parts: str) -> object:
        return run(context(call), *parts)

    return answer


def context(call: Call) -> Ctx:
    """Return who asks, and as which node."""
    who = msgspec.structs.replace(call.who, sees_trash=True)
    return Ctx(call, who, _node(call, who))


def _node(call: Call, who: Principal) -> Node | None:
    """Return the node that asks; None for somebody else."""
    given: str | None = call.headers.get("Node-Id")
    if given is None:
        return None
    who.require("work")
    try:
        return call.service.nodes.numbered(who, number(given.strip(), "Node"))
    except NotFound:
        raise InvalidRequest(
            f"Bad Node-Id header {given!r}: there is no such node of {who.owner}.",
            field="Node-Id",
            value=given,
        ) from None
