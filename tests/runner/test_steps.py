"""Jobs of tools with steps, by a real runner."""

from __future__ import annotations

import itertools
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from jobs_ext.model.job import Job
from jobs_ext.model.request import Target
from jobs_ext.model.status import Status
from tests.runner.house import WHO, House
from tests.waiting import until

_NUMBERS = itertools.count()


def with_steps(house: House, *steps: dict[str, Any], head: str = "") -> Target:
    """Write a tool with these steps, each a shell script unless it says otherwise."""
    name = f"steps{next(_NUMBERS)}"
    lines = [f'name = "{name}"', head]
    for step in steps:
        lines.append("[[steps]]")
        shell = {"shell": True} if isinstance(step["command"], str) else {}
        lines += [f"{key} = {_toml(value)}" for key, value in (shell | step).items()]
    house.tool("\n".join(lines))
    return Target(tool=name)


def _toml(value: Any) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"


def step(name: str, ordering: int, command: str | list[str], **more: Any) -> dict[str, Any]:
    return {"name": name, "ordering": ordering, "command": command, **more}


def states(job: Job) -> list[tuple[str, str]]:
    return [(step.name, str(step.status)) for step in job.steps]


LIST = step(
    "list", 0, 'ls "$PWD" {given}', stdout="l.contents", outputs={"names": {"path": "*.contents"}}
)
COUNT = step(
    "count",
    1,
    ["wc", "-l", "{names}"],
    inputs={"names": "*.contents"},
    stdout="n.count",
    outputs={"number": {"path": "*.count", "media_type": "text/plain", "main": True}},
)


def test_steps_run_in_order_and_hand_files_on(house: House) -> None:
    tool = with_steps(house, COUNT, LIST, head="[inputs.given]")
    (house.cwd / "data.txt").write_text("x")
    job = house.ended(house.submit(tool, {"given": "data.txt"}))
    assert job.status is Status.SUCCEEDED, job.reason
    assert states(job) == [("list", "SUCCEEDED"), ("count", "SUCCEEDED")]
    assert [step.exit_code for step in job.steps] == [0, 0]
    assert [output.name for output in job.outputs] == ["count/n.count", "list/l.contents"]
    assert "data.txt" in house.output(job, "list/l.contents").read_text().splitlines()
    number, name = house.output(job, "count/n.count").read_text().split()
    assert (int(number) > 0, name) == (True, "./l.contents")
    assert [output.main for output in job.outputs] == [True, False]
    assert job.progress is not None
    assert job.progress.fraction == 1.0


def test_equal_orderings_run_side_by_side_and_do_not_see_each_other(
    house: House, tmp_path: Path
) -> None:
    meet = "touch {0}/{1}; for i in $(seq 600); do [ -e {0}/{2} ] && exit; sleep .05; done; exit 1"
    both = [
        step(
            a,
            5,
            f"echo {a} > same.txt; " + meet.format(tmp_path, a, b),
            outputs={"o": {"path": "*.txt"}},
        )
        for a, b in (("a", "b"), ("b", "a"))
    ]
    last = step("last", 6, "cat *.txt", inputs={"texts": "*.txt"}, stdout="all")
    job = house.ended(house.submit(with_steps(house, *both, last)))
    assert job.status is Status.SUCCEEDED, job.reason
    assert house.output(job, "a/same.txt").read_text() == "a\n"
    assert house.output(job, "b/same.txt").read_text() == "b\n"
    assert house.output(job, "last/all").read_text() == "b\n"  # of two with a name the later one


def test_a_step_that_changes_what_it_was_given_changes_its_own_copy(house: House) -> None:
    make = step("make", 1, "echo first > t.txt; echo kept > k.txt")
    edit = step("edit", 2, "echo second >> t.txt", inputs={"texts": "*.txt"})
    job = house.ended(house.submit(with_steps(house, make, edit)))
    assert house.output(job, "make/t.txt").read_text() == "first\n"
    assert house.output(job, "edit/t.txt").read_text() == "first\nsecond\n"
    assert [output.name for output in job.outputs] == ["edit/t.txt", "make/k.txt", "make/t.txt"]


@pytest.mark.parametrize(
    ("more", "status", "states_"),
    [
        ({}, Status.FAILED, ["SUCCEEDED", "FAILED", "CANCELLED"]),
        ({"success_codes": [3]}, Status.SUCCEEDED, ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]),
        ({"stop_codes": [3]}, Status.SUCCEEDED, ["SUCCEEDED", "SUCCEEDED", "CANCELLED"]),
    ],
)
def test_an_exit_code_in_the_middle(
    house: House, more: dict[str, Any], status: Status, states_: list[str]
) -> None:
    middle = step("middle", 2, "echo so it is >&2; exit 3", **more)
    tool = with_steps(house, step("first", 1, "true"), middle, step("last", 3, "echo done"))
    job = house.ended(house.submit(tool))
    assert (job.status, [state for _, state in states(job)]) == (status, states_)
    assert job.steps[1].exit_code == 3
    assert house.log(job.id) == ("done\n" if states_[2] == "SUCCEEDED" else "")
    if status is Status.FAILED:
        assert job.reason_code == "exit_code"
        assert job.reason == "step middle: exited with code 3: so it is"
        assert job.attempts[-1].exit_code == 3


@pytest.mark.parametrize(
    ("missing", "status", "last"),
    [
        ("fail", Status.FAILED, "CANCELLED"),
        ("stop", Status.SUCCEEDED, "CANCELLED"),
        ("continue", Status.SUCCEEDED, "SUCCEEDED"),
    ],
)
def test_an_output_that_is_missing(house: House, missing: str, status: Status, last: str) -> None:
    lazy = step(
        "lazy",
        1,
        "echo kept > a.txt",
        missing=missing,
        outputs={"a": {"path": "a.txt"}, "table": {"path": "*.csv"}},
    )
    job = house.ended(house.submit(with_steps(house, lazy, step("last", 2, "true"))))
    assert (job.status, job.steps[1].status) == (status, last)
    told = "it did not write its output table (*.csv)"
    assert job.steps[0].reason == told
    assert [output.name for output in job.outputs] == ["lazy/a.txt"]
    if status is Status.FAILED:
        assert (job.reason_code, job.reason) == ("missing_output", f"step lazy: {told}")


@pytest.mark.parametrize(
    ("bad", "code", "reason"),
    [
        (step("bad", 2, "kill -SEGV $$"), "signal", "step bad: killed by SIGSEGV"),
        (
            step("bad", 2, ["./nothing"]),
            "cannot_start",
            "step bad: could not be started: ./nothing",
        ),
        (
            step("bad", 2, "true", inputs={"tables": "*.csv"}),
            "missing_input",
            "step bad: no step before it left a file *.csv (tables)",
        ),
    ],
)
def test_a_step_that_can_not_do_its_work(
    house: House, bad: dict[str, Any], code: str, reason: str
) -> None:
    job = house.ended(house.submit(with_steps(house, step("good", 1, "true"), bad)))
    assert (job.status, job.reason_code) == (Status.FAILED, code)
    assert str(job.reason).startswith(reason)
    assert states(job) == [("good", "SUCCEEDED"), ("bad", "FAILED")]


def test_cancelled_in_the_middle_no_later_step_runs(house: House, tmp_path: Path) -> None:
    slow = step("slow", 2, "sleep 600")
    last = step("last", 3, f"touch {tmp_path}/ran")
    started = house.submit(with_steps(house, step("first", 1, "true"), slow, last))
    until(lambda: states(house.get(started))[1] == ("slow", "RUNNING"), what="the second step")
    seen = house.get(started).progress
    assert seen is not None
    assert seen.message == "step 2 of 3: slow"
    house.service.jobs.cancel(WHO, started)
    job = house.ended(started)
    assert (job.status, job.reason) == (Status.CANCELLED, "cancelled by the user")
    assert states(job) == [("first", "SUCCEEDED"), ("slow", "CANCELLED"), ("last", "CANCELLED")]
    assert not (tmp_path / "ran").exists()


def test_a_step_says_how_far_it_is(house: House, tmp_path: Path) -> None:
    said = json.dumps({"fraction": 0.5, "message": "half"})
    wait = f"until [ -e {tmp_path}/go ]; do sleep .05; done"
    slow = step("slow", 1, f"echo '{said}' >> $JOBS_PROGRESS; {wait}")
    started = house.submit(with_steps(house, slow, step("last", 2, "true")))
    until(lambda: (p := house.get(started).progress) is not None and p.fraction == 0.25)
    assert house.get(started).progress.message == "step 1 of 2: slow: half"  # type: ignore[union-attr]
    (tmp_path / "go").touch()
    assert house.ended(started).status is Status.SUCCEEDED


def test_what_a_step_says_of_itself_does_the_others_no_harm(house: House) -> None:
    """Each odd line is the last one while it is looked at, about twice a second."""
    huge = '{"fraction": 1' + "0" * 400 + "}"
    odd = [huge, '{"fraction": NaN}', "[" * 4000, '{"message": [[]]}', "\\0"]
    lines = "; ".join(f"echo '{line}' >> $JOBS_PROGRESS; sleep .6" for line in odd)
    job = house.ended(house.submit(with_steps(house, step("odd", 1, lines), step("z", 2, "true"))))
    assert job.status is Status.SUCCEEDED, job.reason
    assert states(job) == [("odd", "SUCCEEDED"), ("z", "SUCCEEDED")]


def test_tried_again_all_steps_run_again(house: House, tmp_path: Path) -> None:
    first = step("first", 1, f"echo x >> {tmp_path}/runs")
    flaky = step("flaky", 2, f"[ $(wc -l < {tmp_path}/runs) = 2 ]")
    job = house.ended(house.submit(with_steps(house, first, flaky), retries=1))
    assert job.status is Status.SUCCEEDED, job.reason
    assert job.attempts[0].reason == "step flaky: exited with code 1"
    assert states(job) == [("first", "SUCCEEDED"), ("flaky", "SUCCEEDED")]


def test_a_batch_of_them(house: House) -> None:
    say = step("say", 1, ["echo", "{k}"], stdout="k.txt")
    double = step("double", 2, "cat k.txt k.txt", inputs={"said": "k.txt"}, stdout="kk.txt")
    tool = with_steps(house, say, double, head="[parameters.k]\ntype = 'integer'")
    batch = house.batch(tool, [{"k": k} for k in range(3)])
    until(lambda: [j.status.final for j in house.jobs(batch)] == [True] * 3, what="the batch")
    for k, job in enumerate(sorted(house.jobs(batch), key=lambda job: job.batch_index or 0)):
        assert house.output(job, "double/kk.txt").read_text() == f"{k}\n{k}\n"


def test_a_runner_that_is_killed_in_the_middle_loses_no_step(
    own_house: House, tmp_path: Path
) -> None:
    wait = f"until [ -e {tmp_path}/go ]; do sleep .05; done"
    first = step("first", 1, f"echo x >> {tmp_path}/runs; {wait}")
    second = step("second", 2, f"echo y >> {tmp_path}/runs; exit 4")
    started = own_house.submit(with_steps(own_house, first, second))
    until(lambda: (tmp_path / "runs").exists(), what="the first step")
    own_house.kill_runner()
    (tmp_path / "go").touch()
    until(lambda: (tmp_path / "runs").read_text() == "x\ny\n", what="the second step")
    own_house.start()
    job = own_house.ended(started)
    assert (job.status, job.reason) == (Status.FAILED, "step second: exited with code 4")
    assert states(job) == [("first", "SUCCEEDED"), ("second", "FAILED")]
    assert (tmp_path / "runs").read_text() == "x\ny\n"


def test_the_lock_of_a_job_is_held_by_its_steps(own_house: House, tmp_path: Path) -> None:
    """Should the payload die alone, the job is not taken for over while a step goes on."""
    wait = f"until [ -e {tmp_path}/go ]; do sleep .05; done"
    slow = step("slow", 1, f"echo $PPID > {tmp_path}/parent; {wait}; touch {tmp_path}/end")
    started = own_house.submit(with_steps(own_house, slow))
    until(lambda: (tmp_path / "parent").exists() and (tmp_path / "parent").read_text())
    os.kill(int((tmp_path / "parent").read_text()), signal.SIGKILL)
    job = own_house.ended(started)
    assert (job.status, job.reason_code) == (Status.FAILED, "signal")
    assert states(job) == [("slow", "CANCELLED")]
    (tmp_path / "go").touch()
    assert not (tmp_path / "end").exists()


def test_the_example_of_the_page_runs(house: House, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "tools.md").read_text()
    example = page.partition("## Steps")[2].partition("```toml\n")[2].partition("```")[0]
    house.tool(example)
    (tmp_path / "one").touch()
    (tmp_path / "folder.txt").write_text(str(tmp_path))
    job = house.ended(house.submit(Target(tool="tmp_count"), {"folder": "folder.txt"}))
    assert job.status is Status.SUCCEEDED, job.reason
    assert house.output(job, "count/lines.count").read_text() == "2 ./names.contents\n"
