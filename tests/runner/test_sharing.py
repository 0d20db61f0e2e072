"""How jobs share the machine under a real runner: turns, caps, big jobs, GPUs, resets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs_ext.model.request import BatchRequest, Context, Options, SubmitRequest, Target
from jobs_ext.model.scheduling import DEFAULT_QUEUE, QueueRules, Scheduling
from jobs_ext.model.status import Status
from jobs_ext.service import Principal
from tests.runner.house import WHO, House
from tests.waiting import until

QUEUES = {DEFAULT_QUEUE: QueueRules(), "one": QueueRules(max_running=1)}
BOB = Principal.all("bob")
TOOL = """
name = "licensed"
command = ["sh", "-c", "echo $JOBS_ID >> ran; sleep 600"]
[resources]
max_running = 1
"""


@pytest.fixture
def sharing(tmp_path: Path, sockets: Path) -> Iterator[House]:
    """A house on two cores and two GPUs, with a queue for one job and half a second of patience."""
    scheduling = Scheduling(queues=QUEUES, max_running_per_owner=3, patience=0.5)
    made = House(tmp_path, sockets, gpus=("0", "1"), scheduling=scheduling)
    try:
        made.start()
        yield made
    finally:
        made.close()


def by_bob(house: House, script: str, **options: object) -> str:
    request = SubmitRequest(
        Target(command=["sh", "-c", script]),
        options=Options(**options),  # type: ignore[arg-type]
        context=Context(cwd=str(house.cwd)),
    )
    return house.service.jobs.submit(BOB, request).id


def test_owners_start_in_turns(sharing: House) -> None:
    held = sharing.shell("sleep 600", cpu=2)
    sharing.reached(held, Status.RUNNING)
    script = "echo $JOBS_ID >> order"
    ada = [sharing.shell(script, cpu=2) for _ in range(4)]
    bob = [by_bob(sharing, script, cpu=2) for _ in range(2)]
    sharing.service.jobs.cancel(WHO, held)
    sharing.ended(ada[-1])
    order = (sharing.cwd / "order").read_text().split()
    assert order == [ada[0], bob[0], ada[1], bob[1], *ada[2:]]


def test_a_full_queue_and_a_full_tool_let_others_pass(sharing: House) -> None:
    sharing.tool(TOOL)
    first, second = (sharing.shell("sleep 600", queue="one", cpu=0.1) for _ in range(2))
    tools = [sharing.submit(Target(tool="licensed"), cpu=0.1) for _ in range(2)]
    for job in (first, tools[0]):
        sharing.reached(job, Status.RUNNING)
    assert sharing.ended(sharing.command("true")).status is Status.SUCCEEDED
    assert sharing.get(second).reason == "waits for a slot in queue one (1 of 1 running)"
    assert sharing.get(tools[1]).reason == "waits for other jobs of licensed-1.0 (1 of 1 running)"
    sharing.service.jobs.cancel(WHO, first)
    sharing.reached(second, Status.RUNNING)
    third, fourth = (sharing.shell("sleep 600", cpu=0.1) for _ in range(2))
    sharing.reached(third, Status.RUNNING)
    assert sharing.get(fourth).reason == "waits for other jobs of ada (3 of 3 running)"


def test_a_big_job_gets_its_turn_though_small_ones_keep_coming(sharing: House) -> None:
    target = Target(command=["sleep", "0.3"])
    request = BatchRequest(target, [{}] * 200, {}, Options(), Context(cwd="/"))
    first = sharing.shell("sleep 0.5")
    sharing.reached(first, Status.RUNNING)
    big = sharing.command("true", cpu=2)
    small = sharing.service.batches.submit(BOB, request).id
    assert sharing.ended(big).status is Status.SUCCEEDED
    left = sharing.service.batches.get(BOB, small).counts["RUNNABLE"]
    assert left > 100, "it was not the last"
    sharing.service.batches.cancel(BOB, small)


def test_gpus_stay_with_their_jobs_when_the_runner_is_killed(sharing: House) -> None:
    show = "echo $CUDA_VISIBLE_DEVICES"
    both = [sharing.shell(f"{show}; sleep 600", gpu=1, cpu=0.1) for _ in range(2)]
    for job in both:
        sharing.reached(job, Status.RUNNING)
    until(lambda: all(sharing.log(job) for job in both), what="their GPUs")
    assert {sharing.log(job).strip() for job in both} == {"0", "1"}
    sharing.kill_runner()
    sharing.start()
    third = sharing.shell(show, gpu=1, cpu=0.1)
    other = sharing.ended(sharing.command("true"))
    assert other.status is Status.SUCCEEDED
    assert sharing.get(third).reason == "waits for 1 GPU (0 of 2 free)"
    given_back = sharing.log(both[1])
    sharing.service.jobs.cancel(WHO, both[1])
    assert sharing.ended(third).status is Status.SUCCEEDED
    assert sharing.log(third) == given_back


def test_a_failed_job_runs_once_more_when_it_is_reset(sharing: House) -> None:
    job = sharing.shell("echo $JOBS_ATTEMPT; test -e there")
    assert sharing.ended(job).status is Status.FAILED
    (sharing.cwd / "there").touch()
    sharing.service.jobs.reset(WHO, job)
    until(lambda: sharing.get(job).status is Status.SUCCEEDED, what="the second attempt")
    assert [sharing.service.logs.read(WHO, job, attempt=n).text for n in (1, 2)] == ["1\n", "2\n"]
