from __future__ import annotations

from typing import Any

import pytest

from jobs_ext.model.job import Progress
from jobs_ext.model.status import Status
from jobs_ext.model.steps import in_order, steps_of
from jobs_ext.model.tool import ToolStep

TOOL = {
    "steps": [
        {"name": "last", "ordering": 7, "command": ["true"]},
        {"name": "a", "ordering": -1, "command": ["true"]},
        {"name": "b", "ordering": -1, "command": ["true"]},
    ]
}


def names(progress: Any, status: Status) -> dict[str, str]:
    return {step.name: str(step.status) for step in steps_of(TOOL, progress, status)}


def test_equal_orderings_stand_together() -> None:
    steps = [ToolStep(name, n, ["true"]) for name, n in (("x", 2), ("y", 1), ("z", 2))]
    assert [[step.name for step in group] for group in in_order(steps)] == [["y"], ["x", "z"]]


def test_a_tool_without_steps_has_none() -> None:
    assert steps_of(None, None, Status.RUNNING) == steps_of({}, None, Status.RUNNING) == []


def test_before_it_is_told_anything_all_wait() -> None:
    assert names(None, Status.RUNNABLE) == dict.fromkeys(("a", "b", "last"), "PENDING")


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.SUCCEEDED])
def test_in_a_job_that_has_ended_no_step_goes_on(status: Status) -> None:
    told = {"a": {"status": "SUCCEEDED", "exit_code": 0}, "b": {"status": "RUNNING"}}
    found = names(Progress(data={"steps": told}), status)
    assert found == {"a": "SUCCEEDED", "b": "CANCELLED", "last": "CANCELLED"}


def test_a_step_wrote_what_bears_its_name() -> None:
    outputs = ["a/x.txt", "a/d/y.txt", "ab/z.txt", "stdout"]
    steps = steps_of(TOOL, None, Status.SUCCEEDED, outputs)
    assert [step.outputs for step in steps] == [["a/x.txt", "a/d/y.txt"], [], []]


@pytest.mark.parametrize("data", [None, 3, {}, {"steps": 3}, {"steps": {"a": {"status": "?"}}}])
def test_data_of_another_kind_says_nothing(data: Any) -> None:
    assert set(names(Progress(data=data), Status.RUNNING).values()) == {"PENDING"}
