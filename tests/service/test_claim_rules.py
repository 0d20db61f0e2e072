"""What holds of every round of choosing, whatever waits."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs_ext.model.request import Context, Options, SubmitRequest, Target
from jobs_ext.model.scheduling import BESIDE, DEFAULT_QUEUE, QueueRules, Scheduling, Share
from jobs_ext.service import Principal, Service, Slots
from tests.service.runs import GB, ended

RULES = Scheduling(
    queues={DEFAULT_QUEUE: QueueRules(), "long": QueueRules(max_running=1)},
    max_running_per_owner=3,
)
SLOTS = Slots(2.0, 8 * GB, ("0", "1"))
JOBS = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bob", "eve"]),
        st.builds(
            Options,
            cpu=st.sampled_from([0.25, 0.5, 1, 2]),
            memory=st.sampled_from([None, GB // 5, 3 * GB, 8 * GB]),
            gpu=st.integers(0, 2),
            priority=st.integers(0, 1),
            queue=st.sampled_from([DEFAULT_QUEUE, "long"]),
        ),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(jobs=JOBS, ends=st.randoms(use_true_random=False))
def test_no_round_takes_more_than_there_is_and_all_run_in_the_end(new_database, jobs, ends):
    with tempfile.TemporaryDirectory(prefix="jx-") as folder:
        (Path(folder) / "jobs.sqlite").write_bytes(new_database.read_bytes())
        service = Service.open(
            folder, migrate=True, slots=SLOTS, scheduling=RULES, runtime_dir=folder
        )
        try:
            drain(service, jobs, ends)
        finally:
            service.close()


def drain(service, jobs, ends):
    waiting = {}
    for owner, options in jobs:
        request = SubmitRequest(Target(command=["true"]), {}, options, Context(cwd="/"))
        waiting[service.jobs.submit(Principal.all(owner), request).id] = (owner, options)
    running = {}
    while waiting or running:
        claimed = service.queue.claim(free(running), 9)
        assert claimed or running, "somebody waits, and everything is free"
        for work in claimed:
            running[work.id] = (*waiting.pop(work.id), work)
        check(running.values())
        if running:
            chosen = ends.choice(sorted(running))
            running.pop(chosen)
            service.queue.apply([ended(chosen)])


def free(running):
    works = [work for *_, work in running.values()]
    return SLOTS.left(map(share, works), {gpu for work in works for gpu in work.gpus})


def share(work):
    return Share(work.cpu, work.memory or 0, len(work.gpus))


def check(running):
    gpus = [gpu for *_, work in running for gpu in work.gpus]
    assert len(gpus) == len(set(gpus))
    assert all(len(work.gpus) == options.gpu for _, options, work in running)
    assert sum(work.cpu for *_, work in running) <= SLOTS.cpu + BESIDE
    others = [work for *_, work in running if not share(work).light]
    assert sum(work.cpu for work in others) <= SLOTS.cpu
    assert sum(work.memory or 0 for work in others) <= SLOTS.memory
    assert sum(options.queue == "long" for _, options, _ in running) <= 1
    assert max(Counter(owner for owner, *_ in running).values(), default=0) <= 3
