"""Projects from Python, by two people."""

from __future__ import annotations

import pytest

from jobs_ext.client.client import Client
from jobs_ext.client.connection import Connection
from jobs_ext.client.errors import Conflict, Forbidden, InvalidRequest, NotFound
from jobs_ext.client.finder import Address, token


def test_a_project_of_two(client, server):
    key = client.keys.create("ann", ["read", "submit", "run"], owner="ann")
    ann = Client(Connection(Address(server.url, token(key.key), "the test")))
    made = client.projects.create("flu/2026 ü", title="Influenza", members={"ann": "reader"})
    assert [one.name for one in client.projects.list("title = Influenza")] == ["flu/2026 ü"]
    assert ann.projects.get("flu/2026 ü") == made
    job = client.options(project="flu/2026 ü").submit(["true"])
    assert [one.id for one in ann.jobs(project="flu/2026 ü")] == [job.id]
    with pytest.raises(Forbidden, match="may not put jobs"):
        ann.options(project="flu/2026 ü").submit(["true"])
    with pytest.raises(Forbidden):
        ann.projects.update("flu/2026 ü", title="mine")
    changed = client.projects.update("flu/2026 ü", members={"ann": "writer"}, version=1)
    assert changed.version == 2
    own = ann.options(project="flu/2026 ü").submit(["true"])
    assert {one.id for one in client.jobs(project="flu/2026 ü")} == {job.id, own.id}
    with pytest.raises(Conflict):
        client.projects.update("flu/2026 ü", title="x", version=1)
    with pytest.raises(InvalidRequest, match="no field"):
        client.projects.update("flu/2026 ü", colour="red")
    client.projects.delete("flu/2026 ü")
    with pytest.raises(NotFound):
        ann.projects.get("flu/2026 ü")
    own.wait()
    job.wait()
    client.keys.revoke(key)
    ann.close()
