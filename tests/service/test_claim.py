"""Jobs that queue up behind one another in lanes."""

from __future__ import annotations

from collections import Counter

import pytest

from jobs_ext.model.request import BatchRequest, Options, SubmitRequest, Target
from jobs_ext.model.work import Free, Lane
from tests.service.runs import GB, ended

ECHO = Target(command=["echo", "{k}"])


@pytest.fixture
def batch(service, who, context):
    def batch_(n_jobs, **options):
        entries = [{"k": n} for n in range(n_jobs)]
        request = BatchRequest(ECHO, entries, {}, Options(**options), context)
        made = service.batches.submit(who, request, None)
        service.queue.materialize()
        return made.id

    return batch_


@pytest.fixture
def single(service, who, context):
    def single_(**options):
        request = SubmitRequest(ECHO, options=Options(**options), context=context)
        return service.jobs.submit(who, request).id

    return single_


def lanes(claimed):
    return list(Counter(work.lane for work in claimed).values())


def test_without_depth_everybody_has_a_lane(batch, service):
    batch(5)
    assert lanes(service.queue.claim(Free(2, GB), 9)) == [1, 1]


def test_short_ones_queue_up_evenly_and_in_order(batch, service):
    name = batch(20)
    claimed = service.queue.claim(Free(2, GB), 50, {name: 4})
    assert lanes(claimed) == [4, 4]
    assert [work.batch_index for work in claimed] == list(range(8))


def test_light_jobs_start_though_all_slots_are_taken(single, batch, service, who):
    batch(3)
    light = [single(cpu=0.25, memory="200MB") for _ in range(3)]
    small = single(cpu=0.25)  # which does not say how much memory it takes
    full = Free(0, 0, beside=0.5)
    assert [work.id for work in service.queue.claim(full, 9)] == light[:2]
    assert service.queue.claim(Free(0, 0, beside=0.0), 9) == []
    assert service.jobs.get(who, small).reason.startswith("waiting for a free slot")


def test_lanes_that_are_there_are_filled_up(batch, service):
    name = batch(20)
    there = [Lane("one", name, 1.0, None, 3), Lane("two", name, 1.0, None, 1)]
    claimed = service.queue.claim(Free(0, 0), 50, {name: 4}, there)
    assert Counter(work.lane for work in claimed) == {"one": 3, "two": 1}
    assert service.queue.claim(Free(0, 0), 50, {name: 4}, []) == []


def test_a_lane_is_for_one_share(batch, service):
    name = batch(4, cpu=2)
    assert service.queue.claim(Free(1, GB), 50, {name: 4}, [Lane("one", name, 1.0, None, 3)]) == []


def test_no_more_than_the_limit_are_claimed(batch, service):
    name = batch(20)
    assert lanes(service.queue.claim(Free(2, GB), 5, {name: 9})) == [3, 2]


def test_nobody_queues_once_somebody_was_passed_over(batch, single, service):
    name = batch(6)
    urgent = single(priority=1, cpu=3)
    assert lanes(service.queue.claim(Free(2, GB), 50, {name: 9})) == [1, 1]
    there = [Lane("one", name, 1.0, None, 3)]
    assert service.queue.claim(Free(1, GB), 50, {name: 9}, there)[0].lane != "one"
    assert service.queue.claim(Free(0, GB), 50, {name: 9}, there) == []
    assert [work.id for work in service.queue.claim(Free(3, GB), 50, {name: 9}, there)][:1] == [
        urgent
    ]


def test_others_behind_in_the_queue_do_not_matter(batch, single, service):
    name = batch(6)
    single(cpu=3)
    assert lanes(service.queue.claim(Free(2, GB), 50, {name: 9})) == [3, 3]


def test_a_batch_with_max_running_has_no_queues(batch, service):
    name = batch(6, max_running=1)
    (one,) = service.queue.claim(Free(2, GB), 50, {name: 9})
    service.queue.apply([ended(one.id)])
    assert (
        len(service.queue.claim(Free(2, GB), 50, {name: 9}, [Lane("x", name, 1.0, None, 3)])) == 1
    )


def test_small_ones_far_behind_big_ones_are_found(single, service):
    for _ in range(3):
        single(cpu=3)
    small = single()
    assert [work.id for work in service.queue.claim(Free(1, GB), 2)] == [small]
