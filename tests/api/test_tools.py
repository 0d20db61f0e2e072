"""Tools over HTTP: added, shown, replaced, removed, and what is said of wrong ones."""

from __future__ import annotations

import pytest

HELLO = {
    "name": "hello",
    "command": ["echo", "{word}"],
    "parameters": {"word": {"type": "string"}},
    "outputs": {"said": {"path": "stdout"}},
}


async def test_the_life_of_a_tool(api):
    made = await api("POST", "tools", HELLO)
    assert (made.status, made.json["id"]) == (201, "hello-1.0")
    assert made.headers["Location"].endswith("/tools/hello-1.0")
    assert made.json["schema"]["required"] == ["word"]
    request = {"target": {"tool": "hello"}, "arguments": {"word": "hi"}}
    job = (await api("POST", "jobs", request)).json
    assert (await api.ended(job["id"]))["status"] == "SUCCEEDED"
    again = await api("POST", "tools", HELLO)
    assert (again.status, again.json["field"]) == (409, "version")
    changed = await api("PUT", "tools/hello-1.0", HELLO | {"title": "Hello"})
    assert (changed.status, changed.json["title"]) == (200, "Hello")
    assert (await api("DELETE", "tools/hello-1.0")).status == 204
    assert (await api("GET", "tools/hello")).status == 404


WRONG = [
    (HELLO | {"comand": ["x"]}, "comand"),
    (HELLO | {"command": 5}, "command"),
    (HELLO | {"command": []}, "command"),
    (HELLO | {"name": "a/b"}, "name"),
    (HELLO | {"version": "1/../../x"}, "version"),
    (HELLO | {"parameters": {"word": {"type": "strnig"}}}, "parameters.word"),
    (HELLO | {"parameters": {"word": {"pattern": "("}}}, "parameters.word"),
    (HELLO | {"parameters": {"word": {"type": "integer", "default": "x"}}}, "parameters.word"),
    (HELLO | {"inputs": {"word": {}}}, "parameters.word"),
    (HELLO | {"outputs": {"o": {"path": "../../x"}}}, "outputs.o.path"),
    (HELLO | {"outputs": {"../o": {"path": "x"}}}, "outputs.../o"),
    (HELLO | {"outputs": {"/o": {"path": "x"}}}, "outputs./o"),
    (HELLO | {"outputs": {"a\0b": {"path": "x"}}}, "outputs.a"),
    (HELLO | {"outputs": {"": {"path": "x"}}}, "outputs."),
    (HELLO | {"parameters": {"": {"type": "string"}}}, "parameters."),
    (HELLO | {"inputs": {"a b": {}}}, "inputs.a b"),
    (HELLO | {"resources": {"memory": "lots"}}, "resources"),
    ({"command": ["true"]}, "name"),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
async def test_what_makes_no_sense_is_named(api, body, field):
    answer = await api("POST", "tools", body)
    assert answer.status == 400, answer.json
    assert answer.json["field"].startswith(field), answer.json
    assert (await api("GET", "tools")).json["problems"] == []
