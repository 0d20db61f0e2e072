"""What a job may write and how long it may take, kept by a real runner."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.status import Status
from jobs_ext.model.tool import Tool, ToolResources
from jobs_ext.runner.limits import FolderSize, Limits, limits_of
from tests.runner.house import WHO, House
from tests.runner.test_collect import make
from tests.waiting import until

_FLOOD = "while :; do head -c 1000000 /dev/zero; done"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_of_output_is_ended_and_the_log_cut(house: House, stream: str) -> None:
    to = ">&2" if stream == "stderr" else ""
    script = f"trap '' TERM; echo begun {to}; {_FLOOD} {to}"
    job = house.ended(house.shell(script, max_log_size="2MB", grace="1s"))
    assert (job.status, job.reason_code) == (Status.FAILED, "log_limit")
    assert job.reason == "killed: wrote more than 2.0 MB to its log"
    assert house.log(job.id, stream).startswith("begun\n")
    log: Path = getattr(house.paths.attempt(job.id, 1), stream)
    assert log.stat().st_size == 2_000_000


def test_a_job_that_was_quicker_than_the_look_fails_for_its_log(house: House) -> None:
    job = house.ended(house.shell("head -c 6000000 /dev/zero", max_log_size="5MB"))
    assert (job.status, job.reason_code) == (Status.FAILED, "log_limit")
    assert job.reason == "wrote more than 5.0 MB to its log"
    assert house.paths.attempt(job.id, 1).stdout.stat().st_size == 5_000_000


def test_a_limit_of_few_bytes_holds_as_well(house: House) -> None:
    job = house.ended(house.shell("echo 123456789", max_log_size="5B"))
    assert (job.status, job.reason_code) == (Status.FAILED, "log_limit")
    assert house.log(job.id) == "12345"


def test_files_that_fill_the_disk_end_their_job(house: House) -> None:
    script = 'while :; do head -c 1000000 /dev/zero >> "$JOBS_OUTPUT_DIR/x"; sleep 0.01; done'
    job = house.ended(house.shell(script, max_output_size="5MB"))
    assert (job.status, job.reason_code) == (Status.FAILED, "output_limit")
    assert job.reason == "killed: its files took more than 5.0 MB of the disk"


def test_a_job_that_was_quicker_than_the_look_fails_for_its_outputs(house: House) -> None:
    script = 'head -c 6000000 /dev/zero > "$JOBS_OUTPUT_DIR/x"'
    job = house.ended(house.shell(script, max_output_size="5MB"))
    assert (job.status, job.reason_code) == (Status.FAILED, "output_limit")
    assert job.reason == "its files took more than 5.0 MB of the disk"
    assert [output.name for output in job.outputs] == ["x"]


def test_a_hole_takes_no_disk(house: House) -> None:
    script = 'truncate -s 1T "$JOBS_OUTPUT_DIR/hole"'
    job = house.ended(house.shell(script, max_output_size="5MB"))
    assert job.status is Status.SUCCEEDED
    assert job.outputs[0].size == 2**40


def test_the_grace_is_the_jobs_own(house: House) -> None:
    script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    job = house.shell(script, grace="500ms")
    until(lambda: "ready" in (house.log(job) if house.get(job).attempts else ""), what="the trap")
    asked = time.monotonic()
    house.service.jobs.cancel(WHO, job)
    ended = house.ended(job)
    assert (ended.status, ended.attempts[0].signal) == (Status.CANCELLED, 9)
    assert 0.4 < time.monotonic() - asked < 4.9  # without its own it is 5


def test_who_ends_at_the_request_is_not_killed(house: House) -> None:
    script = "trap 'echo cleaned; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    job = house.shell(script)
    until(lambda: "ready" in (house.log(job) if house.get(job).attempts else ""), what="the trap")
    house.service.jobs.cancel(WHO, job)
    ended = house.ended(job)
    assert (ended.status, ended.attempts[0].exit_code) == (Status.CANCELLED, 0)
    assert house.log(job).endswith("cleaned\n")


def test_the_time_limit_is_the_same_across_runners(own_house: House) -> None:
    """Another runner goes on with the clock of the first; neither looks at the time of day."""
    job = own_house.shell("sleep 600", timeout="3s")
    own_house.reached(job, Status.RUNNING)
    own_house.kill_runner()
    own_house.start()
    attempt = own_house.ended(job).attempts[0]
    assert attempt.reason_code == "time_limit"
    assert attempt.duration is not None
    assert 3.0 <= attempt.duration < 5.0


def test_the_option_goes_before_the_tool_and_that_before_the_usual(tmp_path: Path) -> None:
    one = make(tmp_path, {}, max_log_size="1kB")
    tool = Tool("t", command=["x"], resources=ToolResources(max_log_size=5, max_output_size="2kB"))
    usual = Limits(log=7, outputs=7, grace=7)
    assert limits_of(one.work, tool, usual) == Limits(log=1000, outputs=2000, grace=7)
    assert limits_of(one.work, None, usual) == Limits(log=1000, outputs=7, grace=7)


def test_a_look_at_a_folder_is_bounded(tmp_path: Path) -> None:
    for number in range(4500):
        (tmp_path / str(number)).touch()
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(b"x" * 50_000)
    (tmp_path / "link").symlink_to("/usr/bin/env")
    size = FolderSize([tmp_path, tmp_path / "missing"])
    looks = [size.look() for _ in range(4)]  # the first only begins
    assert looks[0] == 0
    assert 50_000 <= looks[-1] < 200_000


@pytest.mark.parametrize(
    "wrong", [{"max_log_size": "many"}, {"max_output_size": 0}, {"grace": "2h"}, {"grace": -1}]
)
def test_a_limit_that_cannot_be_is_refused(house: House, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        house.shell("true", **wrong)
    assert caught.value.field == f"options.{next(iter(wrong))}"
