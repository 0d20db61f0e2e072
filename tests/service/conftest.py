"""Fixtures of the service's tests: a way to submit, and a tool."""

from __future__ import annotations

import pytest

from jobs_ext.model.request import Options, SubmitRequest, Target

ECHO = Target(command=["echo", "{k}"])

TOOL = """
name = "count"
command = ["wc", "{lines_only}", "{text}"]
[inputs.text]
[parameters.lines_only]
type = "boolean"
default = false
flag = "-l"
[parameters.mode]
type = "string"
enum = ["quick", "slow"]
default = "quick"
[parameters.depth]
type = "integer"
minimum = 1
default = 1
"""


@pytest.fixture
def submit(service, who, context):
    def submit_(target=ECHO, arguments=None, parts=None, by=who, **options):
        request = SubmitRequest(target, arguments or {}, Options(**options), context)
        return service.jobs.submit(by, request, parts)

    return submit_


@pytest.fixture
def tool(tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "count.toml").write_text(TOOL)
    (tmp_path / "data.txt").write_text("a\nb\n")
    return Target(tool="count")
