"""Nodes: what UFDL's workers tell of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from ...model.errors import Conflict, InvalidRequest
from ...model.node import Node, NodeRequest
from ...service.options import check_name
from ..table import Reply
from .catalogue import HARDWARE
from .context import Ctx, action, number
from .filters import Fields, FilterSpec, chosen, plain
from .shapes import NODE_FIELDS, Json, node

_PAGE = 500  # nodes
_Int = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class NodeSpec(Struct, frozen=True):
    """A node as it is created; what else is given is ignored."""

    ip: Annotated[str, Meta(min_length=1, max_length=100)]
    index: _Int
    cpu_mem: _Int
    driver_version: str | None = None
    hardware_generation: _Int | None = None
    gpu_mem: _Int | None = None


class NodeChange(Struct, frozen=True):
    """What is to change of a node."""

    ip: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    index: _Int | UnsetType = UNSET
    cpu_mem: _Int | UnsetType = UNSET
    driver_version: str | UnsetType | None = UNSET
    hardware_generation: _Int | UnsetType | None = UNSET
    gpu_mem: _Int | UnsetType | None = UNSET


def known_nodes(ctx: Ctx) -> list[Json]:
    """Return what is told of all nodes that the caller may see."""
    found: list[Node] = []
    cursor: str | None = None
    while True:
        page = ctx.service.nodes.list(ctx.who, _PAGE, cursor)
        found += page.items
        cursor = page.next
        if cursor is None:
            return [node(one) for one in found]


@action
def list_(ctx: Ctx) -> object:
    """List nodes."""
    return chosen(ctx.body(FilterSpec), known_nodes(ctx), NODE_FIELDS)


@action
def create(ctx: Ctx) -> object:
    """Register a node."""
    about = msgspec.structs.asdict(ctx.body(NodeSpec))
    with _unique(about):
        made, _ = ctx.service.nodes.register(ctx.who, _request(about), new=True)
    return node(made)


@action
def retrieve(ctx: Ctx, pk: str) -> object:
    """Return a node."""
    return node(_find(ctx, pk))


@action
def update(ctx: Ctx, pk: str) -> object:
    """Let a node be another."""
    one = _find(ctx, pk)
    spec = ctx.body(NodeSpec)
    return _changed(ctx, one, msgspec.structs.asdict(spec))


@action
def partial_update(ctx: Ctx, pk: str) -> object:
    """Change some of what is known of a node."""
    one = _find(ctx, pk)
    told = node(one)
    kept = {name: told[name] for name in NodeSpec.__struct_fields__}
    given = msgspec.structs.asdict(ctx.body(NodeChange))
    return _changed(ctx, one, kept | {n: v for n, v in given.items() if v is not UNSET})


@action
def destroy(ctx: Ctx, pk: str) -> object:
    """Forget a node."""
    ctx.service.nodes.forget(ctx.who, _find(ctx, pk).id)
    return Reply(status=204)


@action
def ping(ctx: Ctx) -> object:
    """Say that a node lives."""
    ctx.worker  # noqa: B018 - which has been noted on the way here
    return Reply()


@action
def hardware(ctx: Ctx) -> object:
    """List generations of graphics hardware."""
    fields = Fields(plain(*HARDWARE[0]))
    return chosen(ctx.body(FilterSpec), HARDWARE, fields)


def _find(ctx: Ctx, pk: str) -> Node:
    return ctx.service.nodes.numbered(ctx.who, number(pk, "Node"))


def _changed(ctx: Ctx, one: Node, about: dict[str, Any]) -> Json:
    with _unique(about):
        return node(ctx.service.nodes.change(ctx.who, one.id, _request(about)))


@contextmanager
def _unique(about: dict[str, Any]) -> Iterator[None]:
    """Say by UFDL's words that another node has the address and index."""
    try:
        yield
    except Conflict:
        told = "The fields ip, index must make a unique set."
        raise InvalidRequest(told, field="non_field_errors", value=about["ip"]) from None


def _request(about: dict[str, Any]) -> NodeRequest:
    """Return a node as the service knows it: address and index make its name."""
    check_name(about["ip"], "ip")
    name = f"{about['ip']}#{about['index']}"
    memory = about["cpu_mem"] if about["cpu_mem"] > 0 else None
    return NodeRequest(name=name, memory=memory, gpus=bool(about["gpu_mem"]), about=about)
