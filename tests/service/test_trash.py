"""The trash: back out of it, and out of it for good."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import text

from jobs_ext.model.errors import Conflict, Forbidden, InvalidRequest, NotFound
from jobs_ext.model.request import BatchRequest, Options, Target
from jobs_ext.model.status import Status
from jobs_ext.service import JobQuery, Principal, Upload
from jobs_ext.store.schema import job as jobs_table
from tests.service.runs import claim, ended, found, run, started

ECHO = Target(command=["echo", "{k}"])
TABLES = ("job", "batch", "attempt", "output", "log", "needs", "entries", "uses", "content")


def count(service, table):
    with service._store.read() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def left(service):
    return {table: count(service, table) for table in TABLES if count(service, table)}


def types(service, who, job):
    with service._store.read() as connection:
        query = text("SELECT type FROM event WHERE job = :job ORDER BY seq")
        return list(connection.execute(query, {"job": job}).scalars())


@pytest.fixture
def job(submit, service):
    """A job that has run and left an output and a log."""
    job = submit(arguments={"k": "1"}).id
    folder = service.paths.attempt(job, 1).outputs
    folder.mkdir(parents=True)
    (folder / "t.csv").write_text("a\n1\n")
    run(
        service, job, outputs=[found("t.csv", folder / "t.csv")], logs={"stdout": "x", "stderr": ""}
    )
    return job


def test_a_deleted_job_can_be_had_back(service, who, job):
    service.jobs.delete(who, job)
    with pytest.raises(NotFound, match="It was deleted"):
        service.jobs.get(who, job)
    back = service.trash.reinstate_job(who, job)
    assert (back.status, back.deleted, [o.name for o in back.outputs]) == (
        Status.SUCCEEDED,
        None,
        ["t.csv"],
    )
    assert types(service, who, job)[-2:] == ["deleted", "reinstated"]
    assert service.trash.step() == 0
    with pytest.raises(Conflict, match="not in the trash"):
        service.trash.reinstate_job(who, job)


def test_purging_leaves_nothing_but_the_news(service, who, job):
    folder = service.paths.attempt(job, 1).folder
    assert folder.exists()
    service.trash.purge_job(who, job)
    with pytest.raises(NotFound):
        service.jobs.get(who, job)
    with pytest.raises(Conflict, match="being purged"):
        service.trash.reinstate_job(who, job)
    assert service.trash.step() == 1
    assert left(service) == {}
    assert types(service, who, job) == ["purged"]
    assert not folder.exists()
    assert list(service.paths.trash.iterdir()) == []
    with pytest.raises(NotFound, match="another server's"):
        service.trash.purge_job(who, job)


def test_a_running_job_is_cancelled_and_goes_when_it_has_ended(submit, service, who):
    job = submit().id
    claim(service)
    service.queue.apply([started(job)])
    service.trash.purge_job(who, job)
    assert service.queue.glance().cancels == [(job, 1)]
    assert service.trash.step() == 0
    service.queue.apply([ended(job, Status.CANCELLED)])
    assert service.trash.step() == 1
    assert left(service) == {}


def test_what_another_job_still_reads_stays(submit, service, who, job):
    other = submit(after=[job], hold=True).id
    service.trash.purge_job(who, job)
    assert service.trash.step() == 0
    service.jobs.cancel(who, other)
    assert service.trash.step() == 1
    assert service.jobs.get(who, other).status is Status.CANCELLED


def test_an_upload_goes_with_the_last_request_that_used_it(submit, service, who, tool):
    parts = {"text": Upload("a.txt", "text/plain", b"x")}
    jobs = [submit(tool, {"depth": depth}, parts).id for depth in (1, 2)]
    named = submit(tool, parts=parts, name="mine").id  # another spec
    for job in (*jobs, named):
        (part,) = service.paths.parts_dir.iterdir()
        service.jobs.cancel(who, job)
        service.trash.purge_job(who, job)
        assert service.trash.step() == 1
        assert part.exists() == (job != named)
    assert left(service) == {}


def test_parts_left_behind_are_found(submit, service, who, tool):
    submit(tool, parts={"text": Upload("a.txt", "text/plain", b"x")})
    kept = list(service.paths.parts_dir.iterdir())
    (service.paths.parts_dir / ("0" * 64)).write_text("left when the power went")
    (service.paths.parts_dir / ".draft").write_text("of an upload under way")
    service.trash.free_all_parts()
    assert set(service.paths.parts_dir.iterdir()) == {*kept, service.paths.parts_dir / ".draft"}


def sweep(service, who, context, number=3):
    sets = [{"k": str(k)} for k in range(number)]
    batch = service.batches.submit(who, BatchRequest(ECHO, sets, {}, Options(), context)).id
    service.queue.materialize()
    return batch


def test_a_batch_comes_back_with_the_jobs_that_went_with_it(service, who, context):
    batch = sweep(service, who, context)
    first = service.batches.jobs(who, batch, JobQuery()).items[0].id
    service.jobs.delete(who, first)
    service.batches.delete(who, batch)
    back = service.trash.reinstate_batch(who, batch)
    assert (back.deleted, back.counts["CANCELLED"]) == (None, 3)
    assert len(service.batches.jobs(who, batch, JobQuery()).items) == 2
    with pytest.raises(Conflict):
        service.trash.reinstate_batch(who, batch)


def test_a_job_does_not_come_back_without_its_batch(service, who, context):
    batch = sweep(service, who, context)
    first = service.batches.jobs(who, batch, JobQuery()).items[0].id
    service.batches.delete(who, batch)
    with pytest.raises(Conflict, match="batch is in the trash"):
        service.trash.reinstate_job(who, first)
    service.trash.reinstate_batch(who, batch)
    service.jobs.delete(who, first)
    assert service.trash.reinstate_job(who, first).deleted is None


def test_a_batch_is_purged_in_steps(service, who, context):
    batch = sweep(service, who, context)
    service.trash.purge_batch(who, batch)
    assert [service.trash.step(limit=2) for _ in range(4)] == [2, 1, 1, 0]
    assert left(service) == {}
    assert count(service, "batch_tally") == 0


def test_a_job_of_a_batch_is_not_purged_alone(service, who, context):
    batch = sweep(service, who, context)
    first = service.batches.jobs(who, batch, JobQuery()).items[0].id
    with pytest.raises(Conflict, match=batch):
        service.trash.purge_job(who, first)


def test_what_has_been_in_the_trash_long_enough_goes(service, submit, who, context, job):
    kept, batch = submit(hold=True).id, sweep(service, who, context)
    service.jobs.delete(who, job)
    service.batches.delete(who, batch)
    assert service.trash.expire(time.time() - 60) == 0
    assert service.trash.expire(time.time() + 60) == 2
    assert service.trash.step() == 4
    assert service.trash.step() == 1
    assert [one.id for one in service.jobs.list(who, JobQuery()).items] == [kept]


def test_nothing_new_can_need_what_is_about_to_go(service, submit, who, job):
    service.jobs.delete(who, job)
    waits = submit(after=[job]).id  # it is in the trash, and can be had back
    service.jobs.cancel(who, waits)
    service.trash.purge_job(who, job)
    with pytest.raises(InvalidRequest, match="no job"):
        submit(after=[job])


def test_nothing_new_can_need_a_job_whose_batch_is_about_to_go(service, submit, who, context):
    batch = sweep(service, who, context, number=1)
    (made,) = service.batches.jobs(who, batch, JobQuery()).items
    run(service, made.id)
    service.trash.purge_batch(who, batch)
    with pytest.raises(InvalidRequest, match="no job"):
        submit(after=[made.id])


def test_what_the_jobs_of_a_batch_will_need_stays_until_they_are_made(service, who, context, job):
    options = Options(after=[job])
    service.batches.submit(who, BatchRequest(ECHO, [{"k": "1"}], {}, options, context))
    service.trash.purge_job(who, job)
    assert service.trash.step() == 0
    service.queue.materialize()
    (made,) = (one.id for one in service.jobs.list(who, JobQuery()).items)
    assert service.trash.step() == 0
    service.jobs.cancel(who, made)
    assert service.trash.step() == 1


def test_only_who_may_run_may_purge(service, who, job):
    for verb in (service.trash.purge_job, service.trash.reinstate_job):
        with pytest.raises(Forbidden):
            verb(Principal("ada", frozenset({"read"})), job)
        with pytest.raises(NotFound):
            verb(Principal("eve", frozenset({"run"})), job)


def test_a_batch_whose_needed_job_is_gone_goes_on(service, submit, who, context):
    needed, other = submit(hold=True).id, submit(hold=True).id
    sets = [{"k": {"$output": {"job": needed, "name": "x"}}}, {"k": 1}]
    batch = BatchRequest(Target(command=["echo", "{k}"]), sets, context=context)
    made = service.batches.submit(who, batch).id
    with service._store.write() as tx:
        tx.execute(jobs_table.delete().where(jobs_table.c.id == needed))
    assert service.queue.materialize() == 2
    first, second = service.batches.jobs(who, made, JobQuery()).items
    assert (first.status, first.reason_code) == ("CANCELLED", "dependency_failed")
    assert first.reason == f"job {needed}, which it needs, is gone"
    assert second.status == "RUNNABLE"
    assert service.jobs.get(who, other).status == "PENDING"


def test_a_value_beside_its_folder_goes_for_good_with_its_job(service, who, submit):
    job = submit().id
    value = service.paths.attempt(job, 1).values[0]
    value.parent.mkdir(parents=True)
    value.write_text("7")
    run(service, job, outputs=[found("result.json", value)])
    assert service.outputs.find(who, job, "result.json").path == str(value)
    service.jobs.delete(who, job)
    service.trash.purge_job(who, job)
    service.trash.step()
    assert not value.exists()
