"""Whatever is called in whatever order, no job makes a move that the table does not have."""

from __future__ import annotations

import itertools
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from jobs_ext.model.errors import Conflict, InvalidRequest, NotFound
from jobs_ext.model.request import BatchRequest, Context, Options, SubmitRequest, Target
from jobs_ext.model.status import MOVES, Status
from jobs_ext.model.work import Free, Released
from jobs_ext.service import JobQuery, Principal, Service, Slots
from tests.service.runs import ended, started

WHO = Principal.all("ada")
ECHO = Target(command=["echo"])
PLACES = st.integers(0, 9)


class Life(RuleBasedStateMachine):
    """Submits, cancels, deletes, claims and ends in any order."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="jx-")
        root = Path(self.folder.name)
        settings_ = {"migrate": True, "slots": Slots(4.0, 10**9), "runtime_dir": root}
        self.service = Service.open(root / "data", **settings_)
        self.context = Context(cwd=str(root), python=sys.executable)
        self.jobs: list[str] = []
        self.batches: list[str] = []

    def teardown(self):
        self.service.close()
        self.folder.cleanup()

    def pick(self, place):
        return self.jobs[place % len(self.jobs)] if self.jobs else None

    @rule(hold=st.booleans(), retries=st.integers(0, 2), after=st.none() | PLACES)
    def submit(self, hold, retries, after):
        needed = [] if after is None or not self.jobs else [self.pick(after)]
        options = Options(hold=hold, retries=retries, after=needed)
        request = SubmitRequest(ECHO, {}, options, self.context)
        with suppress(InvalidRequest):  # what it waits for was deleted
            self.jobs.append(self.service.jobs.submit(WHO, request).id)

    @rule(number=st.integers(1, 3), hold=st.booleans())
    def submit_batch(self, number, hold):
        request = BatchRequest(ECHO, [{}] * number, {}, Options(hold=hold), self.context)
        self.batches.append(self.service.batches.submit(WHO, request).id)

    @rule(limit=st.integers(1, 4))
    def materialize(self, limit):
        self.service.queue.materialize(limit)
        page = self.service.jobs.list(WHO, JobQuery(order="oldest", limit=500))
        self.jobs += [job.id for job in page.items if job.id not in self.jobs]

    @rule(place=PLACES, verb=st.sampled_from(["cancel", "delete", "release", "rerun"]))
    def on_job(self, place, verb):
        self.call(getattr(self.service.jobs, verb), self.pick(place))

    @rule(place=PLACES, verb=st.sampled_from(["cancel", "delete", "release"]))
    def on_batch(self, place, verb):
        batch = self.batches[place % len(self.batches)] if self.batches else None
        self.call(getattr(self.service.batches, verb), batch)

    def call(self, verb, target):
        if target is None:
            return
        with suppress(Conflict, NotFound, InvalidRequest):
            verb(WHO, target)

    @rule(limit=st.integers(1, 3))
    def claim(self, limit):
        self.service.queue.claim(Free(4, 10**9), limit)

    @rule()
    def promote(self):
        self.service.queue.promote()

    @rule(
        place=PLACES,
        attempt=st.integers(1, 3),
        how=st.sampled_from(["start", "release", "lost", *("SUCCEEDED", "FAILED", "CANCELLED")]),
        both=st.booleans(),
    )
    def tell(self, place, attempt, how, both):
        job = self.pick(place)
        if job is None:
            return
        lost = {"reason_code": "lost", "exit_code": None}
        changes = {
            "start": started(job, attempt),
            "release": Released(job, attempt),
            "lost": ended(job, Status.FAILED, attempt, **lost),
        } | {str(s): ended(job, s, attempt) for s in Status if s.final}
        self.service.queue.apply([started(job, attempt)] * both + [changes[how]])

    @invariant()
    def every_step_is_legal(self):
        steps: dict[str, list[Status]] = {}
        for event in self.service.events.since(0, 100_000):
            if event.type == "status":
                steps.setdefault(event.job, [Status.SUBMITTED]).append(Status(event.data["status"]))
        for path in steps.values():
            assert all(new in MOVES[old] for old, new in itertools.pairwise(path))
        for hidden in (True, False):
            for job in self.service.jobs.list(WHO, JobQuery(deleted=hidden, limit=500)).items:
                assert job.status is steps[job.id][-1]
                assert sum(a.status in ("STARTING", "RUNNING") for a in job.attempts) == (
                    job.status in ("STARTING", "RUNNING")
                )

    @invariant()
    def a_batch_counts_each_of_its_jobs_once(self):
        for batch in self.service.batches.list(WHO).items:
            assert sum(batch.counts.values()) == batch.n_jobs


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)
