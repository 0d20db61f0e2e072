"""What has been kept long enough goes into the trash, and is shown before."""

from __future__ import annotations

import time

import pytest

from jobs_ext.model.errors import NotFound
from jobs_ext.model.request import BatchRequest, Options, Target
from jobs_ext.model.retention import Retention
from jobs_ext.model.status import Status
from jobs_ext.model.work import FoundOutput
from jobs_ext.service import JobQuery, Principal
from tests.service.runs import claim, ended, run, started

ECHO = Target(command=["echo", "{k}"])


@pytest.fixture
def service(open_service):
    return open_service(retention=Retention({"SUCCEEDED": 0.001, "FAILED": 3600.0}))


def due(service, who):
    time.sleep(0.002)  # what ended just now is that old then
    shown = service.keeping.preview(who)
    return shown.jobs, shown.batches


def test_what_would_go_is_shown_and_then_goes(service, submit, who):
    good, bad, waits = (submit(arguments={"k": k}).id for k in "abc")
    run(service, good)
    service.queue.apply([started(bad), ended(bad, Status.FAILED)])
    assert due(service, who) == ([good], [])
    assert service.keeping.preview(who).rules.keep == {"SUCCEEDED": 0.001, "FAILED": 3600.0}
    assert due(service, Principal("eve", frozenset({"read"}))) == ([], [])
    assert service.keeping.step() == 1
    assert service.keeping.step() == 0
    assert {job.id for job in service.jobs.list(who, JobQuery()).items} == {bad, waits}
    assert service.trash.reinstate_job(who, good).status is Status.SUCCEEDED


def test_a_batch_goes_when_all_of_its_jobs_may(service, who, context):
    sets = [{"k": str(k)} for k in range(3)]
    batch = service.batches.submit(who, BatchRequest(ECHO, sets, {}, Options(), context)).id
    service.queue.materialize()
    *some, last = [work.id for work in claim(service)]
    service.queue.apply([change for job in some for change in (started(job), ended(job))])
    assert due(service, who) == ([], [])
    service.queue.apply([started(last), ended(last)])
    assert due(service, who) == ([], [batch])
    assert service.keeping.step() == 1
    with pytest.raises(NotFound):
        service.batches.get(who, batch)


def test_without_rules_everything_stays(open_service, who, context):
    service = open_service()
    assert service.keeping.step() == 0
    assert due(service, who) == ([], [])


class TestSize:
    """What takes more room than there is for it: the oldest goes first."""

    @pytest.fixture
    def service(self, open_service):
        return open_service(retention=Retention(keep_size=250))

    def write(self, service, job, size, name="t"):
        """Let a job end that left so many bytes."""
        folder = service.paths.attempt(job, 1).outputs
        folder.mkdir(parents=True)
        (folder / name).write_bytes(b"x" * size)
        return FoundOutput(name, str(folder / name), "text/plain", size, None)

    def test_the_oldest_that_have_ended_go(self, service, submit, who, tmp_path):
        waits, *some = [submit(arguments={"k": str(k)}).id for k in range(5)]
        for job in some:
            run(service, job, outputs=[self.write(service, job, 100)])
        elsewhere = submit(arguments={"k": "6"}).id
        (tmp_path / "mine").write_bytes(b"x" * 900)
        mine = FoundOutput("mine", str(tmp_path / "mine"), "text/plain", 900, None)
        run(service, elsewhere, outputs=[mine])
        assert due(service, who) == (some[:2], [])
        assert due(service, Principal("eve", frozenset({"read"}))) == ([], [])
        assert service.keeping.step() == 2
        assert (service.keeping.step(), due(service, who)) == (0, ([], []))
        kept = {job.id for job in service.jobs.list(who, JobQuery()).items}
        assert kept == {waits, *some[2:], elsewhere}

    def test_a_batch_goes_as_a_whole_and_not_before_its_end(self, service, who, context):
        sets = [{"k": str(k)} for k in range(3)]
        batch = service.batches.submit(who, BatchRequest(ECHO, sets, {}, Options(), context)).id
        service.queue.materialize()
        *some, last = [work.id for work in claim(service)]
        for job in some:
            outputs = [self.write(service, job, 200)]
            service.queue.apply([started(job), ended(job, outputs=outputs)])
        assert due(service, who) == ([], [])
        service.queue.apply([started(last), ended(last)])
        assert due(service, who) == ([], [batch])
        assert service.keeping.step() == 1

    def test_what_was_archived_does_not_count(self, service, submit, who, tmp_path):
        job = submit(arguments={"k": "1"}).id
        (tmp_path / "t").write_bytes(b"x" * 900)
        found = FoundOutput("t", str(tmp_path / "t"), "x/y", 900, None, archive=str(tmp_path))
        run(service, job, outputs=[found])
        assert due(service, who) == ([], [])
