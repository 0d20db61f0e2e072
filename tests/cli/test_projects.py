"""Projects in a terminal."""

from __future__ import annotations


def test_the_life_of_a_project(jobs):
    made = jobs("projects", "create", "flu", "--title", "Influenza", "--member", "ann=reader")
    assert made.code == 0
    assert "ann (reader)" in jobs("projects", "list").out
    changed = jobs(
        *("projects", "change", "flu", "--public", "--member", "bob=writer", "--remove", "ann"),
        "--json",
    ).json[0]
    assert (changed["visibility"], changed["members"]) == ("public", {"bob": "writer"})
    assert changed["title"] == "Influenza"
    assert jobs("projects", "list", "--filter", "owner = nobody", "--json").json == []
    assert (
        jobs("projects", "change", "flu", "--private", "--json").json[0]["visibility"] == "private"
    )
    assert jobs("projects", "delete", "flu").code == 0
    assert jobs("projects", "list", "--json").json == []


def test_refusals(jobs):
    assert jobs("projects", "create", "flu2", "--member", "ann").code == 2
    assert jobs("projects", "create", "flu2", "--member", "ann=king").code == 2
    assert jobs("projects", "delete", "none").code == 2
    refused = jobs("projects", "change", "none", "--title", "x")
    assert refused.code == 2
    assert "no project" in refused.err
