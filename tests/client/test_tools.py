"""Tools that are added from a notebook, by their fields or by a file; and wrong ones."""

from __future__ import annotations

import json

import pytest

import jobs_ext as jx
from jobs_ext.client.tools import fields_of

HELLO = {"name": "hi", "command": ["echo", "{word}"], "parameters": {"word": {"type": "string"}}}


def test_the_life_of_a_tool(client):
    made = jx.add_tool(HELLO, title="Hello")
    assert (made.id, made.title) == ("hi-1.0", "Hello")
    assert jx.submit("hi", word="there").wait(60).logs() == "there\n"
    with pytest.raises(jx.errors.Conflict):
        jx.add_tool(**HELLO)
    assert jx.add_tool(HELLO, replace=True).title == ""
    with pytest.raises(jx.errors.InvalidRequest) as caught:
        jx.add_tool(HELLO, version="2.0", comand=["x"])
    assert caught.value.field == "comand"
    client.remove_tool(made)
    for gone in (lambda: client.remove_tool("hi-1.0"), lambda: jx.add_tool(HELLO, replace=True)):
        with pytest.raises(jx.errors.NotFound):
            gone()


def test_fields_come_from_files_too(tmp_path):
    toml, plain = tmp_path / "t.toml", tmp_path / "t.json"
    toml.write_text('name = "t"\ncommand = ["true"]\n')
    plain.write_text(json.dumps(HELLO))
    assert fields_of(toml, {"version": "2"}) == {"name": "t", "command": ["true"], "version": "2"}
    assert fields_of(str(plain), {}) == HELLO
    plain.write_text("[1]")
    toml.write_bytes(b"\xff")
    for wrong in (plain, toml, tmp_path, tmp_path / "none.toml"):
        with pytest.raises(jx.errors.InvalidRequest) as caught:
            fields_of(wrong, {})
        assert caught.value.value == str(wrong)
