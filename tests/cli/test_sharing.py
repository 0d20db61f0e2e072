"""Grants from a terminal."""

from __future__ import annotations


def test_share_and_unshare(jobs):
    job = jobs("submit", "--hold", "--", "true").id
    assert jobs("share", job, "world").code == 0
    assert jobs("share", job, "bea", "--execute").code == 0
    found = {one["grantee"]: one for one in jobs("grants", job, "--json").json}
    assert (found["world"]["execute"], found["bea"]["execute"]) == (False, True)
    assert "bea" in jobs("grants", job).out
    assert jobs("unshare", job, "bea").code == 0
    assert jobs("unshare", job).code == 0
    assert jobs("grants", job, "--json").json == []
    assert jobs("share", "0192f0c4-89ab-7def-8123-456789abcdef", "bea").code == 2
    assert jobs("cancel", job).code == 0


def test_a_tool_for_some(jobs, server):
    (server.work / "tools").mkdir(exist_ok=True)
    (server.work / "tools" / "mine.toml").write_text(
        'name = "mine"\ncommand = ["true"]\nrestricted = true\n'
    )
    assert jobs("tool", "share", "mine", "bea", "--execute").code == 0
    assert jobs("tool", "grants", "mine-1.0", "--json").json[0]["execute"]
    assert "bea" in jobs("tool", "grants", "mine").out
    assert jobs("tool", "unshare", "mine", "bea").code == 0
    assert jobs("tool", "unshare", "mine").code == 0
    assert jobs("tool", "share", "wc", "bea").code == 2
