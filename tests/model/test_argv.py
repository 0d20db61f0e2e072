"""Rendering of commands, options and shell templates."""

from __future__ import annotations

import subprocess
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs_ext.model import argv
from jobs_ext.model.tool import Tool


def tool(command: list[str] | str, **parameters: dict[str, Any]) -> Tool:
    raw = {"name": "t", "command": command, "shell": isinstance(command, str)}
    inputs = {"file": {"multiple": True, "required": False}}
    return msgspec.convert(raw | {"parameters": parameters, "inputs": inputs}, Tool)


@pytest.mark.parametrize(
    ("declared", "value", "words"),
    [
        ({}, "a b; c", ["a b; c"]),
        ({}, "", [""]),
        ({}, None, []),
        ({}, 3, ["3"]),
        ({}, 0.5, ["0.5"]),
        ({}, True, ["true"]),
        ({}, False, []),
        ({}, [1, "x"], ["1", "x"]),
        ({}, {"a": 1}, ['{"a": 1}']),
        ({"flag": "-k"}, 3, ["-k", "3"]),
        ({"flag": "--k=", "spacing": False}, 3, ["--k=3"]),
        ({"flag": "-k"}, [1, 2], ["-k", "1", "2"]),
        ({"flag": "-k"}, [], []),
        ({"flag": "-l"}, True, ["-l"]),
        ({"flag": "-l"}, False, []),
    ],
)
def test_a_parameter_becomes_words(declared: dict[str, Any], value: Any, words: list[str]) -> None:
    assert argv.tool_command(tool(["x", "{k}", "end"], k=declared), {"k": value}) == [
        "x",
        *words,
        "end",
    ]


def test_an_unset_argument_leaves_nothing() -> None:
    assert argv.tool_command(tool(["x", "{k}", "{file}"], k={}), {}) == ["x"]


def test_other_braces_are_left_alone() -> None:
    assert argv.tool_command(tool(["awk", "{print}", "a{k}"], k={}), {"k": 1}) == [
        "awk",
        "{print}",
        "a{k}",
    ]


def test_an_ad_hoc_command_replaces_given_names_only() -> None:
    command = ["x", "{k}", "{other}", "pre{k}"]
    assert argv.ad_hoc_command(command, {"k": ["a", "b"]}) == ["x", "a", "b", "{other}", "pre{k}"]
    assert argv.ad_hoc_command(["x", "{on}"], {"on": False}) == ["x", "false"]


def test_a_scripts_options_follow_the_tools_flags() -> None:
    declared = tool(["x"], k={"flag": "-k"}, j={"flag": "--j=", "spacing": False}, on={})
    values = {"k": 1, "j": 2, "on": True, "file": ["a", "b"], "more": "m"}
    assert argv.script_options(declared, values) == [
        *("-k", "1", "--j=2", "--on", "--file", "a", "b", "--more", "m")
    ]


TEMPLATES = [
    ("printf '%s\\n' {k}", "{0}\n"),
    ('printf "%s\\n" "<{k}>"', "<{0}>\n"),
    ("printf '<{k}>\\n' | cat", None),
    ("x={k}; printf '%s\\n' \"$x\" '{k}'", "{0}\n{0}\n"),
    ("printf '%s\\n' it\\'s {k}", "it's\n{0}\n"),
]


@given(value=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20))
@pytest.mark.parametrize(("template", "said"), [t for t in TEMPLATES if t[1]])
def test_a_shell_never_parses_a_value(template: str, said: str, value: str) -> None:
    command = argv.tool_command(tool(template, k={}), {"k": value})
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout.decode() == said.format(value)


def test_a_shells_own_variables_stay() -> None:
    command = argv.tool_command(tool("echo ${k} $k {other}", k={}), {"k": "v"})
    assert command[2] == "echo ${k} $k {other}"


def test_environment_values() -> None:
    assert argv.as_environment({"a": 1, "b": True, "c": None, "d": ["x"], "e": "é"}) == {
        "a": "1",
        "b": "true",
        "d": '["x"]',
        "e": "é",
    }
