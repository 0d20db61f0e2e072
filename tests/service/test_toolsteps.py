"""Steps of tools that make no sense are refused with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs_ext.model.tool import Tool
from jobs_ext.service.toolfiles import ToolProblem, read_tool

GOOD = """\
name = "two"
[inputs.text]
[parameters.k]
default = "v"
[[steps]]
name = "first"
ordering = 0
command = ["cat", "{text}", "{k}"]
[[steps]]
name = "second"
ordering = 1
command = ["wc", "{lines}"]
stdout = "n.txt"
inputs = { lines = "*.txt" }
success_codes = [1]
stop_codes = [2]
[steps.outputs.number]
path = "n.txt"
"""


def read(tmp_path: Path, text: str) -> Tool | ToolProblem:
    file = tmp_path / "two.toml"
    file.write_text(text)
    return read_tool(file)


def test_a_tool_with_steps_is_read(tmp_path: Path) -> None:
    tool = read(tmp_path, GOOD)
    assert isinstance(tool, Tool)
    assert [step.name for step in tool.steps] == ["first", "second"]
    assert tool.steps[1].outputs["number"].path == "n.txt"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('"{lines}"', '"{line}"', 12, "Did you mean 'lines'"),
        ('"{lines}"', '"x{lines}"', 12, "must stand alone"),
        ('name = "two"', 'name = "two"\nexecutor = "node"', 2, "run here, not by nodes"),
        ('"{text}", ', '"{lines}", ', 8, "neither an input nor a parameter"),
        ('name = "second"', 'name = "first"', 6, "Two steps are called 'first'"),
        ('name = "second"', 'name = "../x"', 10, "can't name a step"),
        ('command = ["wc", "{lines}"]', 'command = "wc"', 12, "needs shell = true"),
        ('command = ["wc", "{lines}"]', "command = []", 12, "is empty"),
        ('["wc", "{lines}"]', '"wc {lines}"\nshell = true', 12, "A shell finds the files"),
        ('command = ["wc", "{lines}"]', 'command = ["wc"]\nshell = true', 12, "as one text"),
        ('stdout = "n.txt"', 'stdout = "a/n.txt"', 13, "the name of one file"),
        ('stdout = "n.txt"', 'stdout = "*.txt"', 13, "the name of one file"),
        ('lines = "*.txt"', 'lines = "../*.txt"', 14, "does not lie in the job's folder"),
        ('lines = "*.txt"', 'k = "*.txt", lines = "*"', 14, "an argument of the tool, too"),
        ("ordering = 1", "ordering = 0", 14, "No step comes before 'second'"),
        ("success_codes = [1]", "success_codes = [256]", 15, "256 is no exit code"),
        ("stop_codes = [2]", "stop_codes = [1]", 16, "can't both go on and stop"),
        ("stop_codes = [2]", 'missing = "ignore"', 16, "Known: continue, fail, stop"),
        ("stop_codes = [2]", "stop_code = [2]", 16, "Did you mean 'stop_codes'"),
        ('path = "n.txt"', 'path = "stdout"', 18, "stdout goes to a file"),
        ('path = "n.txt"', 'path = "/n.txt"', 18, "does not lie in the job's folder"),
        ("[inputs.text]", 'command = ["true"]\n[inputs.text]', 2, "exactly one of"),
        ("[inputs.text]", '[outputs.o]\npath = "x"\n[inputs.text]', 2, "those of its steps"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert old in GOOD
    problem = read(tmp_path, GOOD.replace(old, new, 1))
    assert isinstance(problem, ToolProblem)
    assert (problem.line, said in problem.message) == (line, True), problem
