"""Nodes from a terminal."""

from __future__ import annotations

from jobs_ext.model.node import AcquireRequest, NodeRequest, NodeStart


def test_a_node_is_listed_loses_its_job_and_is_forgotten(jobs, server):
    client = server.client()
    node = client.nodes.register(NodeRequest(name="gpu-1", cpu=2.0, memory="1GB", tags=["cuda"]))
    job = jobs("submit", "--executor", "node", "--tags", "cuda", "--", "do", "it").id
    assert "waits for a node to take it: 1 node could" in jobs("show", job).out
    given = client.nodes.acquire(node.id, AcquireRequest())
    client.nodes.start(node.id, job, NodeStart(attempt=given.attempt))
    listed = jobs("nodes", "list").out
    assert f"{job} RUNNING" in listed
    assert "1.0 GB" in listed
    assert jobs("nodes", "list", "--json").json[0]["jobs"][0]["job"] == job
    assert jobs("nodes", "list", "--filter", "gpus > 0", "--json").json == []
    assert jobs("nodes", "forget", node.id).code == 2
    assert jobs("abort", job).code == 0
    assert jobs("abort", job).code == 2
    assert jobs("cancel", job).code == 0
    assert jobs("nodes", "forget", node.id).code == 0
    assert jobs("nodes", "forget", node.id).code == 2
    assert jobs("nodes", "list").out.split()[0] == "ID"
    assert jobs("nodes", "work", "gpu-2", "--memory", "lots").code == 2
    client.close()
