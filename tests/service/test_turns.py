"""Whose turn it is: queues, caps, owners in turns, big jobs, GPUs."""

from __future__ import annotations

import time

import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.request import BatchRequest, Options, SubmitRequest, Target
from jobs_ext.model.scheduling import DEFAULT_QUEUE, QueueRules, Scheduling
from jobs_ext.model.status import Status
from jobs_ext.model.work import Free, Lane
from jobs_ext.service import Principal, Slots
from tests.service.runs import GB, ended

ECHO = Target(command=["echo", "{k}"])
RULES = Scheduling(
    queues={DEFAULT_QUEUE: QueueRules(), "long": QueueRules(max_running=2)}, patience=60
)
TOOL = 'name = "licensed"\ncommand = ["true"]\n[resources]\nmax_running = 1\nqueue = "long"\n'
ADA, BOB, EVE = (Principal.all(name) for name in ("ada", "bob", "eve"))


@pytest.fixture
def service(open_service):
    return open_service(scheduling=RULES, slots=Slots(4.0, 8 * GB, ("0", "1", "GPU-7")))


@pytest.fixture
def submit(service, context):
    def submit_(who=ADA, target=ECHO, **options):
        request = SubmitRequest(target, options=Options(**options), context=context)
        return service.jobs.submit(who, request).id

    return submit_


@pytest.fixture
def claim(service):
    def claim_(cpu=4.0, memory=8 * GB, gpus=(), limit=99, **more):
        return [w.id for w in service.queue.claim(Free(cpu, memory, gpus), limit, **more)]

    return claim_


def refused(submit, **options):
    with pytest.raises(InvalidRequest) as caught:
        submit(**options)
    return caught.value


def reason(service, job, who=ADA):
    found = service.jobs.get(who, job)
    return found.reason_code, found.reason


def test_a_queue_has_a_cap(submit, claim, service):
    long = [submit(queue="long") for _ in range(3)]
    short = submit()
    assert claim() == [*long[:2], short]
    assert claim() == []
    told = "waits for a slot in queue long (2 of 2 running)"
    assert reason(service, long[2]) == ("waiting_queue", told)
    service.queue.apply([ended(long[0])])
    assert claim() == [long[2]]


def test_a_queue_that_there_is_not_is_named(submit):
    error = refused(submit, queue="lang")
    assert (error.field, error.value) == ("options.queue", "lang")
    assert error.hint == "Did you mean 'long'?"


def test_a_queue_that_is_gone_has_no_cap(submit, claim, open_service):
    jobs = [submit(queue="long") for _ in range(3)]
    other = open_service(scheduling=Scheduling())
    assert [work.id for work in other.queue.claim(Free(4, GB), 9)] == jobs


def test_a_tool_has_a_cap_and_a_queue(submit, claim, service, tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "t.toml").write_text(TOOL)
    first, second = (submit(who, Target(tool="licensed")) for who in (ADA, BOB))
    assert claim() == [first]
    told = "waits for other jobs of licensed-1.0 (1 of 1 running)"
    assert reason(service, second, BOB) == ("waiting_tool", told)


def test_an_owner_has_a_cap(submit, open_service):
    service = open_service(scheduling=Scheduling(max_running_per_owner=1))
    first, second, other = submit(), submit(), submit(BOB)
    assert [work.id for work in service.queue.claim(Free(4, GB), 9)] == [first, other]
    told = "waits for other jobs of ada (1 of 1 running)"
    assert reason(service, second) == ("waiting_owner", told)


def test_owners_take_turns(submit, claim, service):
    ada = [submit() for _ in range(4)]
    bob = [submit(BOB) for _ in range(2)]
    eve = submit(EVE)
    assert reason(service, eve, EVE) == (
        "waiting_turn",
        "waits for its turn: it is the next of its owner, and other owners' jobs wait, too",
    )
    started = []
    for _ in range(7):  # one slot: who was served longest ago is next
        (one,) = claim(cpu=1)
        started.append(one)
        service.queue.apply([ended(one)])
    assert started == [ada[0], bob[0], eve, ada[1], bob[1], *ada[2:]]


def test_who_holds_less_comes_first(submit, claim):
    ada = [submit() for _ in range(3)]
    assert claim(cpu=2) == ada[:2]
    bob = [submit(BOB) for _ in range(3)]
    assert claim(cpu=3) == [*bob[:2], ada[2]]


def test_priority_goes_before_turns(submit, claim, service):
    submit(BOB)
    urgent = [submit(priority=1) for _ in range(3)]
    assert claim(cpu=3) == urgent


def test_owners_take_turns_also_under_a_new_runner(submit, claim, service, open_service):
    ada, _, bob = submit(), submit(), submit(BOB)
    assert claim(cpu=1) == [ada]
    service.queue.apply([ended(ada)])
    assert [work.id for work in open_service().queue.claim(Free(1, GB), 9)] == [bob]


def test_owners_share_the_lanes(service, context, claim):
    batches = []
    for who in (ADA, BOB):
        request = BatchRequest(ECHO, [{"k": n} for n in range(9)], {}, Options(), context)
        batches.append(service.batches.submit(who, request).id)
        service.queue.materialize()
    claimed = service.queue.claim(Free(2, GB), 99, dict.fromkeys(batches, 3))
    assert [work.batch for work in claimed] == batches * 3
    there = [Lane(name, batch, 1.0, None, 2) for name, batch in zip("ab", batches, strict=True)]
    claimed = service.queue.claim(Free(0, GB), 99, dict.fromkeys(batches, 3), there)
    assert [work.lane for work in claimed] == ["a", "b"] * 2


def test_a_slot_gets_free_for_an_owner_who_has_none(service, context, submit):
    request = BatchRequest(ECHO, [{"k": n} for n in range(9)], {}, Options(), context)
    batch = service.batches.submit(ADA, request).id
    service.queue.materialize()
    (first,) = service.queue.claim(Free(1, GB), 1, {batch: 3})
    other = submit(BOB)
    there = [Lane(first.lane, batch, 1.0, None, 2)]
    assert service.queue.claim(Free(0, GB), 99, {batch: 3}, there) == []
    assert service.queue.claim(Free(1, GB), 99, {batch: 3}, there)[0].id == other


def at(monkeypatch, seconds):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + seconds)


def test_a_big_job_lets_small_ones_pass_for_a_while_only(
    submit, claim, open_service, monkeypatch, service
):
    big, *small = submit(cpu=4), *(submit() for _ in range(4))
    assert claim(cpu=2, limit=1) == small[:1]
    at(monkeypatch, 59)
    assert claim(cpu=2, limit=1) == small[1:2]
    at(monkeypatch, 2)
    restarted = open_service(scheduling=RULES)  # the time is in the store
    assert restarted.queue.claim(Free(3, GB), 9) == []
    assert [work.id for work in restarted.queue.claim(Free(4, 8 * GB), 9)] == [big]
    assert claim(cpu=1) == small[2:3]


def test_only_what_a_big_job_takes_is_kept_free(submit, claim, monkeypatch):
    submit(gpu=2), submit()
    assert len(claim(gpus=("0",))) == 1
    at(monkeypatch, 61)
    small, _ = submit(), submit(gpu=1)
    assert claim(cpu=1, gpus=("0",)) == []
    assert claim(cpu=2, gpus=("0",)) == [small]


def test_who_comes_before_owners_with_less_once_it_waited(submit, claim, monkeypatch):
    big, other = submit(cpu=4), submit(BOB)
    assert claim(cpu=1) == [other]
    at(monkeypatch, 61)
    submit(EVE)
    assert claim(cpu=1) == []
    assert claim(cpu=4)[0] == big


def test_a_clock_set_back_begins_the_time_anew(submit, claim, monkeypatch):
    submit(cpu=4)
    small = [submit() for _ in range(3)]
    at(monkeypatch, 86400)
    assert claim(cpu=1) == small[:1]
    at(monkeypatch, -86400)
    assert claim(cpu=1) == small[1:2]
    at(monkeypatch, 61)
    assert claim(cpu=1) == []


def test_gpus_are_each_for_one_job(submit, service):
    first, second, third = submit(gpu=2), submit(gpu=2), submit(gpu=1)
    claimed = service.queue.claim(Free(4, GB, ("0", "1", "GPU-7")), 9)
    assert [(work.id, work.gpus) for work in claimed] == [(first, ("0", "1")), (third, ("GPU-7",))]
    told = "waits for 2 GPUs (0 of 3 free)"
    assert reason(service, second) == ("waiting_gpus", told)
    assert [one.work.gpus for one in service.queue.active()] == [("0", "1"), ("GPU-7",)]


def test_more_gpus_than_there_are_are_refused(submit):
    error = refused(submit, gpu=4)
    assert (error.field, error.value, error.hint) == ("options.gpu", 4, "Give at most 3.")
    assert error.message == "The job wants 4 GPUs; jobs can use 3 here."


def test_a_big_job_says_what_it_waits_for(submit, claim, service):
    submit()
    big = submit(cpu=4)
    claim()
    assert reason(service, big) == ("waiting_slots", "waits for 4 cores (3 of 4 free)")


def test_a_job_comes_after_any_end_of_others(submit, claim, service):
    fails, succeeds = submit(), submit()
    any_end = submit(after_ended=[fails, succeeds])
    both = submit(after=[fails], after_ended=[fails])
    claim()
    service.queue.apply([ended(fails, Status.FAILED)])
    service.queue.promote()
    assert reason(service, any_end) == ("waiting_jobs", "waits for 1 job: echo {k}")
    assert service.jobs.get(ADA, both).status is Status.CANCELLED
    service.queue.apply([ended(succeeds)])
    service.queue.promote()
    assert service.jobs.get(ADA, any_end).status is Status.RUNNABLE


def test_jobs_of_a_batch_come_after_any_end(submit, claim, service, context):
    fails = submit()
    options = Options(after_ended=[fails])
    request = BatchRequest(ECHO, [{"k": 1}, {"k": 2}], {}, options, context)
    batch = service.batches.submit(ADA, request).id
    service.queue.materialize()
    claim()
    assert service.batches.get(ADA, batch).counts["PENDING"] == 2
    service.queue.apply([ended(fails, Status.FAILED)])
    service.queue.promote()
    assert service.batches.get(ADA, batch).counts["RUNNABLE"] == 2
