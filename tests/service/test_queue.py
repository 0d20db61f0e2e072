from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import time

import pytest

from jobs_ext.model.job import Progress
from jobs_ext.model.request import Options, SubmitRequest, Target
from jobs_ext.model.status import Status
from jobs_ext.model.work import Free, Progressed, Released
from jobs_ext.runner.launch import attach
from jobs_ext.service import JobQuery
from tests.service.runs import GB, claim, ended, found, run, started

ECHO = Target(command=["echo"])


@pytest.fixture
def submit(service, who, context):
    def submit_(**options):
        request = SubmitRequest(ECHO, options=Options(**options), context=context)
        return service.jobs.submit(who, request).id

    return submit_


@pytest.fixture
def get(service, who):
    return lambda job_id: service.jobs.get(who, job_id)


def statuses(service, who, job_id):
    history = service.jobs.history(who, job_id)
    return [event.data["status"] for event in history if event.type == "status"]


def test_priority_comes_first_then_age(submit, service):
    old, new, urgent = submit(), submit(), submit(priority=1)
    assert [work.id for work in claim(service)] == [urgent, old, new]


def test_what_does_not_fit_is_passed_over(submit, service, get):
    big, small, large = submit(cpu=3), submit(), submit(memory="6GB")
    assert [work.id for work in service.queue.claim(Free(2, 8 * GB), 9)] == [small, large]
    assert [work.id for work in service.queue.claim(Free(4, 8 * GB), 9)] == [big]


def test_what_was_claimed_together_fits_together(submit, service):
    ids = [submit(cpu=1.5, memory="3GB") for _ in range(4)]
    assert [work.id for work in service.queue.claim(Free(4, 8 * GB), 9)] == ids[:2]
    assert [work.id for work in service.queue.claim(Free(9, 5 * GB), 9)] == ids[2:3]


def test_no_more_than_the_limit_are_claimed(submit, service):
    ids = [submit() for _ in range(4)]
    assert service.queue.claim(Free(9, GB), 0) == []
    assert [work.id for work in service.queue.claim(Free(9, GB), 3)] == ids[:3]


def test_fractions_of_a_core_add_up(submit, service):
    for _ in range(10):
        submit(cpu=0.1)
    assert len(service.queue.claim(Free(1, GB), 99)) == 10


def test_the_place_in_the_queue_is_told(submit, get):
    submit()
    second, third = submit(), submit()
    assert get(second).reason == "waiting for a free slot: 1 job is ahead"
    assert get(third).reason == "waiting for a free slot: 2 jobs are ahead"


def test_a_server_without_a_runner_says_so(submit, service, get):
    def reason():
        return get(job).reason_code

    job, outside, paths = submit(), submit(executor="node"), service.paths
    with attach(paths):
        assert get(outside).reason_code == "waiting_node"  # no runner takes it
        assert (reason(), get(job).reason) == (
            "waiting_runner",
            "waits for the runner, which the server starts; jupyter jobs doctor says more",
        )
        with paths.runner_lock.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert reason() == "waiting_slots"
    assert reason() == "waiting_slots"  # nobody is there to ask but us


def test_an_attempt_is_told_from_claim_to_end(submit, service, who, get):
    job_id = submit()
    (work,) = claim(service)
    assert (work.attempt, work.cpu) == (1, 1.0)
    assert (get(job_id).stage, get(job_id).attempts[0].status) == ("staging", Status.STARTING)
    service.queue.apply([started(job_id)])
    assert (get(job_id).stage, get(job_id).status) == ("running", Status.RUNNING)
    facts = {"exit_code": 0, "peak_memory": 5, "cpu_seconds": 0.5, "duration": 0.7}
    service.queue.apply([ended(job_id, **facts)])
    job = get(job_id)
    assert (job.status, job.stage, job.reason) == (Status.SUCCEEDED, None, None)
    assert job.started
    assert job.stopped
    (attempt,) = job.attempts
    assert {name: getattr(attempt, name) for name in facts} == facts
    assert statuses(service, who, job_id) == ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]


def test_a_quick_job_may_end_before_its_start_is_told(submit, service, who, get):
    job_id = submit()
    claim(service)
    service.queue.apply([ended(job_id, exit_code=0)])
    assert get(job_id).started
    assert statuses(service, who, job_id)[-2:] == ["RUNNING", "SUCCEEDED"]


def test_what_could_not_start_never_ran(submit, service, who, get):
    job_id = submit()
    claim(service)
    why = {"reason_code": "cannot_start", "reason": "no such program", "exit_code": None}
    service.queue.apply([ended(job_id, Status.FAILED, **why)])
    assert (get(job_id).reason, get(job_id).started) == ("no such program", None)
    assert statuses(service, who, job_id) == ["RUNNABLE", "STARTING", "FAILED"]


def test_a_second_end_of_an_attempt_is_ignored(submit, service, get):
    job_id = submit()
    run(service, job_id)
    before = get(job_id), service.events.head()
    service.queue.apply([ended(job_id, Status.FAILED), started(job_id), Released(job_id, 1)])
    service.queue.apply([ended("no-such-job"), ended(job_id, attempt=2)])
    assert (get(job_id), service.events.head()) == before


def test_progress_is_told(submit, service, get):
    job_id = submit()
    claim(service)
    progress = Progress(0.5, "half way", {"rows": 3})
    service.queue.apply([started(job_id), Progressed(job_id, 1, progress)])
    assert get(job_id).progress == progress


def test_a_released_attempt_does_not_count(submit, service, get):
    job_id = submit()
    claim(service)
    service.queue.apply([Released(job_id, 1)])
    assert (get(job_id).status, get(job_id).attempts) == (Status.RUNNABLE, [])
    assert claim(service)[0].attempt == 1


def test_a_released_attempt_that_was_to_be_cancelled_is(submit, service, who, get):
    job_id = submit()
    claim(service)
    service.jobs.cancel(who, job_id)
    service.queue.apply([Released(job_id, 1)])
    assert get(job_id).status is Status.CANCELLED
    assert get(job_id).stopped is not None


def test_a_failure_is_tried_again_after_a_while(submit, service, get, monkeypatch):
    job_id = submit(retries=1)
    run(service, job_id, Status.FAILED)
    job = get(job_id)
    assert (job.status, job.reason_code) == (Status.PENDING, "waiting_retry")
    assert job.reason.startswith("next try at ")
    assert service.queue.promote() == 0
    due = service.queue.glance().due
    assert 0 < due - time.time() <= 1
    monkeypatch.setattr(time, "time", lambda: due)
    assert service.queue.promote() == 1
    (work,) = claim(service)
    assert work.attempt == 2
    service.queue.apply([started(job_id, 2), ended(job_id, Status.FAILED, 2)])
    job = get(job_id)
    assert (job.status, len(job.attempts)) == (Status.FAILED, 2)
    assert service.queue.glance().due is None


def test_the_waits_grow_up_to_a_minute(submit, service, monkeypatch):
    job_id, waits = submit(retries=9), []
    for attempt in range(1, 9):
        claim(service)
        service.queue.apply([started(job_id, attempt), ended(job_id, Status.FAILED, attempt)])
        due = service.queue.glance().due
        waits.append(round(due - time.time()))
        monkeypatch.setattr(time, "time", lambda due=due: due)
        service.queue.promote()
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_what_was_lost_is_not_run_twice_unless_asked(submit, service, get):
    lost = {"reason_code": "lost", "reason": "nobody knows how it ended", "exit_code": None}
    careful, again = submit(retries=5), submit(on_lost="retry")
    claim(service)
    service.queue.apply([started(careful), started(again)])
    service.queue.apply([ended(job, Status.FAILED, **lost) for job in (careful, again)])
    assert (get(careful).status, get(again).status) == (Status.FAILED, Status.PENDING)


def test_a_cancelled_job_is_not_tried_again(submit, service, who, get):
    job_id = submit(retries=5)
    claim(service)
    service.jobs.cancel(who, job_id)
    service.queue.apply([started(job_id), ended(job_id, Status.FAILED)])
    assert get(job_id).status is Status.FAILED


def test_a_new_runner_finds_what_is_under_way(submit, service, open_service):
    running, claimed = submit(), submit()
    claim(service)
    start = started(running)
    service.queue.apply([start])
    first, second = open_service().queue.active()
    assert (first.work.id, first.started) == (running, start)
    assert (second.work.id, second.started) == (claimed, None)


def test_outputs_belong_to_the_latest_attempt(submit, service, get, tmp_path, monkeypatch):
    job_id = submit(retries=1)
    run(service, job_id, Status.FAILED, outputs=[found("error.json", tmp_path / "e")])
    assert [output.name for output in get(job_id).outputs] == ["error.json"]
    due = service.queue.glance().due
    monkeypatch.setattr(time, "time", lambda: due)
    service.queue.promote()
    run(service, job_id, outputs=[found("t.csv", tmp_path / "t", main=True)])
    (output,) = get(job_id).outputs
    assert (output.name, output.main, output.path) == ("t.csv", True, str(tmp_path / "t"))


CLAIM_ALL = """
import json, sys
from jobs_ext.model.work import Free
from jobs_ext.service import Service
service = Service.open(sys.argv[1], runtime_dir=sys.argv[2])
input()
mine = []
while claimed := service.queue.claim(Free(1000, 10**9), 3):
    mine += [work.id for work in claimed]
print(json.dumps(mine))
service.close()
"""


def test_two_processes_never_claim_the_same_job(submit, service, runtime_dir, who):
    ids = {submit() for _ in range(60)}
    command = [sys.executable, "-c", CLAIM_ALL, str(service.paths.root), str(runtime_dir)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    claimers = [subprocess.Popen(command, **pipes) for _ in range(2)]
    for claimer in claimers:
        claimer.stdin.write("\n")
        claimer.stdin.flush()
    claimed = [json.loads(claimer.communicate(timeout=60)[0]) for claimer in claimers]
    assert sorted(claimed[0] + claimed[1]) == sorted(ids)
    jobs = service.jobs.list(who, JobQuery(limit=500)).items
    assert all(len(job.attempts) == 1 for job in jobs)
