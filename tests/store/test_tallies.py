"""Counts that are kept: the same as counting, whatever happened."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from jobs_ext.model.errors import JobsError
from jobs_ext.model.request import BatchRequest, JobChange, Options, SubmitRequest, Target
from jobs_ext.model.status import Status
from jobs_ext.service import JobQuery, Principal
from jobs_ext.service.uploads import Upload
from jobs_ext.store import stored, tallies
from jobs_ext.store.jobs import by_ids
from tests.service.runs import claim, ended, found, started

ECHO = Target(command=["echo", "{k}"])
PART = 5  # bytes of each upload
OWNERS = [Principal("ada", Principal.all("x").verbs), Principal.all("bob")]


def counted(connection, where):
    query = text(f"SELECT status, count(*) FROM job WHERE {where} GROUP BY status")
    return {str(status): 0 for status in Status} | dict(connection.execute(query).all())


def summed(connection, owner):
    """Return the bytes of the outputs and uploads of an owner, added up."""
    outputs = text(
        "SELECT ifnull(sum(size), 0) FROM output JOIN job ON job.pk = job_pk"
        " WHERE owner = :owner AND archive IS NULL AND path LIKE '%/' || job.id || '%'"
    )
    parts = text(
        "SELECT DISTINCT used FROM uses JOIN job USING (spec) WHERE owner = :owner"
        " AND used NOT IN (SELECT hash FROM content)"
    )
    here = {"owner": owner}
    kept = connection.execute(parts, here).all()
    return connection.execute(outputs, here).scalar() + PART * len(kept)


def check(service):
    with service._store.read() as connection:
        for who in OWNERS:
            mine = f"owner = '{who.owner}' AND deleted IS NULL"
            assert tallies.of_owner(connection, who.owner) == counted(connection, mine)
            assert stored.total(connection, who.owner) == summed(connection, who.owner)
        assert tallies.of_owner(connection, None) == counted(connection, "deleted IS NULL")
        for pk in connection.execute(text("SELECT pk FROM batch")).scalars():
            mine = f"batch_pk = {pk} AND latest"
            assert tallies.of_batch(connection, pk) == counted(connection, mine)
        for who in OWNERS:
            check_shown(service, connection, who)


def check_shown(service, connection, who):
    """Compare what a listing shows, some of it kept since earlier steps, with what is there."""
    shown = service.jobs.list(who, JobQuery(limit=500)).items
    rows = by_ids(connection, [job.id for job in shown])
    assert shown == service._core.present(connection, [rows[job.id] for job in shown], who)


class Life:
    """Everything that moves jobs, each to be done with what there is."""

    def __init__(self, service, context):
        self.service = service
        self.context = context
        self.work = []

    def submit(self, who, n):
        options = Options(hold=n % 3 == 0, retries=n % 2)
        part = {"p": Upload("p", "text/plain", str(n % 3).encode() * PART)}
        request = SubmitRequest(ECHO, {"k": {"$part": "p"}}, options, self.context)
        self.service.jobs.submit(who, request, part)

    def sweep(self, who, n):
        sets = [{"k": k} for k in range(n + 1)]
        self.service.batches.submit(who, BatchRequest(ECHO, sets, {}, Options(), self.context))
        self.service.queue.materialize(limit=n or 1)

    def make(self, who, n):
        self.service.queue.materialize()

    def claim(self, who, n):
        self.work += claim(self.service, limit=n + 1)

    def end(self, who, n):
        now, self.work = self.work[: n + 1], self.work[n + 1 :]
        status = [Status.SUCCEEDED, Status.FAILED][n % 2]
        for one in now:
            folder = self.service.paths.attempt(one.id, one.attempt).outputs
            outputs = [found(f"o{k}", folder / f"o{k}") for k in range(n % 3)]
            outputs.append(found("elsewhere", "/elsewhere"))
            end = ended(one.id, status, one.attempt, outputs=outputs)
            self.service.queue.apply([started(one.id, one.attempt), end])

    def promote(self, who, n):
        self.service.queue.promote()

    def cancel(self, who, n):
        self.on_a_job(n, self.service.jobs.cancel)

    def delete(self, who, n):
        self.on_a_job(n, self.service.jobs.delete)

    def rerun(self, who, n):
        self.on_a_job(n, self.service.jobs.rerun)

    def reset(self, who, n):
        self.on_a_job(n, self.service.jobs.reset)

    def describe(self, who, n):
        change = JobChange(description=f"said {n}")
        self.on_a_job(n, lambda who, job: self.service.jobs.change(who, job, change))

    def purge(self, who, n):
        self.on_a_job(n, self.service.trash.purge_job)
        while self.service.trash.step():
            pass

    def cancel_batch(self, who, n):
        self.on_a_batch(n, self.service.batches.cancel)

    def delete_batch(self, who, n):
        self.on_a_batch(n, self.service.batches.delete)

    def on_a_job(self, n, verb):
        self.on_one(n, self.service.jobs.list(OWNERS[1], JobQuery(limit=20)).items, verb)

    def on_a_batch(self, n, verb):
        self.on_one(n, self.service.batches.list(OWNERS[1], 5).items, verb)

    def on_one(self, n, found, verb):
        if found:
            with suppress(JobsError):  # such as of a rerun of a job that has not ended
                verb(OWNERS[1], found[n % len(found)].id)


STEPS = [name for name in vars(Life) if not name.startswith(("_", "on_"))]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 7), st.booleans())))
def test_counts_and_what_is_shown_never_drift(service, context, steps):
    life = Life(service, context)
    for step, n, first in steps:
        getattr(life, step)(OWNERS[first], n)
    check(service)


def test_a_row_that_goes_is_no_longer_counted(service, context):
    life = Life(service, context)
    life.sweep(OWNERS[0], 3)
    life.make(OWNERS[0], 0)
    with service._store.write() as tx:
        tx.execute(text("DELETE FROM job WHERE batch_index = 1"))
    check(service)


@pytest.mark.parametrize("status", ["RUNNABLE", "SUCCEEDED"])
def test_the_first_page_says_how_many_there_are(service, context, status):
    life = Life(service, context)
    life.sweep(OWNERS[0], 4)
    life.make(OWNERS[0], 0)
    life.claim(OWNERS[0], 1)
    for _ in range(2):
        life.end(OWNERS[0], 0)
    found = service.jobs.list(OWNERS[0], JobQuery(status=[Status(status)], limit=1))
    assert found.total == {"RUNNABLE": 3, "SUCCEEDED": 2}[status]
    assert service.jobs.list(OWNERS[0], JobQuery(name="x")).total is None
