"""Nodes: who registers one, how it is called, and what none can be."""

from __future__ import annotations

import pytest

from jobs_ext.model.errors import Conflict, Forbidden, InvalidRequest, NotFound
from jobs_ext.model.node import AcquireRequest, NodeRequest
from jobs_ext.service import Principal

NEXT = AcquireRequest()
WORKER = Principal("bob", frozenset({"work"}), by="key")


@pytest.fixture
def node(service):
    return service.nodes.register(WORKER, NodeRequest(name="gpu-1", cpu=4.0))[0]


def test_who_may_be_a_node(service, node):
    reader = Principal("bob", frozenset({"read", "submit", "run"}))
    stranger = Principal("eve", frozenset({"work"}))
    for call in (
        lambda by: service.nodes.register(by, NodeRequest(name="x")),
        lambda by: service.nodes.ping(by, node.id),
        lambda by: service.working.acquire(by, node.id, NEXT),
    ):
        with pytest.raises(Forbidden):
            call(reader)
    for call in (service.nodes.get, service.nodes.ping, service.nodes.forget):
        with pytest.raises(NotFound):
            call(stranger, node.id)
    with pytest.raises(NotFound):
        service.working.acquire(stranger, node.id, NEXT)


def test_owners_name_their_nodes_as_they_like(service, node):
    stranger = Principal("eve", frozenset({"work"}))
    other, is_new = service.nodes.register(stranger, NodeRequest(name=node.name), new=True)
    assert (is_new, other.id != node.id) == (True, True)
    with pytest.raises(Conflict, match="another node 'gpu-1'"):
        service.nodes.register(stranger, NodeRequest(name=node.name), new=True)
    third, _ = service.nodes.register(stranger, NodeRequest(name="gpu-2"))
    with pytest.raises(Conflict, match="another node 'gpu-1'"):
        service.nodes.change(stranger, third.id, NodeRequest(name=node.name))


def test_a_node_is_forgotten(service, node):
    assert [one.id for one in service.nodes.list(WORKER).items] == [node.id]
    service.nodes.forget(WORKER, node.id)
    assert service.nodes.list(WORKER).items == []


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"cpu": 0.0}, "cpu"),
        ({"cpu": float("inf")}, "cpu"),
        ({"memory": "much"}, "memory"),
        ({"memory": 10**19}, "memory"),
        ({"gpus": -1}, "gpus"),
        ({"tags": [""]}, "tags"),
        ({"tags": ["x"] * 51}, "tags"),
        ({"about": {"x": "y" * 70_000}}, "about"),
    ],
)
def test_nodes_that_cannot_be(service, told, field):
    with pytest.raises(InvalidRequest) as refused:
        service.nodes.register(WORKER, NodeRequest(**({"name": "n"} | told)))
    assert refused.value.field == field
