"""API keys from a terminal."""

from __future__ import annotations


def test_a_key_lets_in_until_it_is_revoked(jobs, server):
    key = jobs("keys", "create", "a script", "read", "--expires", "1h").id
    assert key.startswith("jx_")
    by_key = ("--url", server.url, "--token", key)
    assert jobs("list", *by_key).code == 0
    assert jobs("submit", *by_key, "--", "true").code == 2
    listed = jobs("keys", "list", "--json").json[0]
    assert listed["name"] == "a script"
    assert "key" not in listed
    assert key not in jobs("keys", "list").out
    assert jobs("keys", "list", "--filter", "revoked is not null", "--json").json == []
    assert jobs("keys", "revoke", listed["id"]).code == 0
    refused = jobs("list", *by_key)
    assert refused.code == 2
    assert key not in refused.err


def test_refusals(jobs):
    assert jobs("keys", "create", "a script", "fly").code == 2
    assert jobs("keys", "revoke", "0192f0c4-89ab-7def-8123-456789abcdef").code == 2
    assert jobs("keys", "create", "a script").code == 2
    made = jobs("keys", "create", "a node", "work", "--json").json
    assert made["verbs"] == ["work"]
    assert jobs("keys", "revoke", made["id"]).code == 0
