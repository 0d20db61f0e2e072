"""API keys from Python: made by a token's client, used by another client."""

from __future__ import annotations

import pytest

from jobs_ext.client.client import Client
from jobs_ext.client.connection import Connection
from jobs_ext.client.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unauthenticated
from jobs_ext.client.finder import Address, token


def test_a_job_is_shared_with_who_has_another_key(client, server):
    made = client.keys.create("ann", ["read", "submit", "run"], owner="ann o'hara/é")
    ann = Client(Connection(Address(server.url, token(made.key), "the test")))
    job = client.submit(["true"])
    with pytest.raises(NotFound):
        ann.get(job.id)
    job.share(made.owner, execute=True)
    assert [(one.grantee, one.execute) for one in job.grants] == [(made.owner, True)]
    assert [one.id for one in ann.jobs(shared=True)] == [job.id]
    again = ann.get(job.id).wait().rerun()
    assert again.refresh().owner == made.owner
    again.wait()
    assert job.unshare(made.owner).grants == []
    job.share("world").unshare()
    with pytest.raises(NotFound):
        ann.get(job.id)
    client.keys.revoke(made)
    ann.close()


def test_a_tool_is_for_who_was_let_in(client, server):
    (server.work / "tools").mkdir(exist_ok=True)
    text = 'name = "mine"\ncommand = ["true"]\nrestricted = true\n'
    (server.work / "tools" / "mine.toml").write_text(text)
    made = client.keys.create("bea", ["read", "submit"], owner="bea")
    bea = Client(Connection(Address(server.url, token(made.key), "the test")))
    with pytest.raises(InvalidRequest, match="no tool 'mine'"):
        bea.tool("mine").submit()
    tool = client.tool("mine").share("bea", execute=True)
    assert [(one.grantee, one.execute) for one in tool.grants] == [("bea", True)]
    bea.tool("mine").submit().wait()
    with pytest.raises(Forbidden, match="can't change who may use"):
        bea.tool("mine").share("eve")
    assert tool.unshare("bea").unshare().grants == []
    with pytest.raises(Conflict, match="for everybody"):
        client.tool("wc").share("bea")
    client.keys.revoke(made)
    bea.close()


def test_a_key_is_made_used_and_revoked(client, server):
    made = client.keys.create("nightly", ["read", "submit"], expires="1d")
    assert made.key not in repr(made)
    assert client.keys.list()[0].id == made.id
    mine = Client(Connection(Address(server.url, token(made.key), "the test")))
    assert mine.connection.info.owner == made.owner
    with pytest.raises(Forbidden, match="may not run"):
        mine.submit(["true"])
    with pytest.raises(Forbidden, match="A key can't make"):
        mine.keys.create("more", ["read"])
    client.keys.revoke(made)
    with pytest.raises(Unauthenticated, match="was revoked"):
        mine.keys.list()
    with pytest.raises(Conflict, match="revoked already"):
        client.keys.revoke(made.id)
    mine.close()
