from __future__ import annotations

import msgspec
import pytest

from jobs_ext.model.errors import Conflict, InvalidRequest, NotFound
from jobs_ext.model.request import BatchChange, BatchRequest, Options, SubmitRequest, Target
from jobs_ext.model.status import Status
from jobs_ext.model.work import Free
from jobs_ext.service import JobQuery, Principal, Upload
from jobs_ext.store import listing
from tests.service.runs import claim, ended, run, started

ECHO = Target(command=["echo", "{k}", "{j}"])


@pytest.fixture
def submit(service, who, context):
    def submit_(entries, target=ECHO, fixed=None, parts=None, **options):
        request = BatchRequest(target, entries, fixed or {}, Options(**options), context)
        return service.batches.submit(who, request, parts)

    return submit_


@pytest.fixture
def make(service):
    def make_(limit=500):
        while service.queue.materialize(limit):
            pass

    return make_


@pytest.fixture
def listed(service, who):
    return lambda batch, **query: service.batches.jobs(who, batch.id, JobQuery(**query)).items


def counts(batch):
    return {status: number for status, number in batch.counts.items() if number}


def test_a_batch_is_accepted_as_one_row_and_its_jobs_are_made_in_groups(submit, service, who):
    batch = submit([{"k": n} for n in range(7)], fixed={"j": "x"}, name="sweep")
    assert (batch.n_jobs, counts(batch)) == (7, {"SUBMITTED": 7})
    assert (batch.parameters, batch.fixed, batch.name) == (["k"], {"j": "x"}, "sweep")
    assert [service.queue.materialize(3) for _ in range(4)] == [3, 3, 1, 0]
    assert counts(service.batches.get(who, batch.id)) == {"RUNNABLE": 7}
    assert set(service.batches.get(who, batch.id).counts) == set(Status)


def test_the_jobs_know_their_place_and_arguments(submit, make, listed):
    batch = submit([{"k": n} for n in range(1, 4)], fixed={"j": "x"}, name="sweep")
    make()
    jobs = listed(batch)
    assert [job.batch_index for job in jobs] == [0, 1, 2]
    assert [job.name for job in jobs] == ["sweep[0]", "sweep[1]", "sweep[2]"]
    assert [job.arguments for job in jobs] == [{"j": "x", "k": n} for n in (1, 2, 3)]
    assert {job.batch for job in jobs} == {batch.id}


def test_pieces_are_read_where_they_begin(submit, make, listed):
    batch = submit([{"k": n} for n in range(1203)])
    make(limit=333)
    seen = [job.arguments["k"] for start in ([], [Status.RUNNABLE])
            for job in listed(batch, limit=500, status=start)]  # fmt: skip
    assert seen == [*range(500), *range(500)]
    assert listed(batch, order="newest", limit=1)[0].arguments == {"k": 1202}


@pytest.mark.parametrize("order", [None, "index", "newest"])
def test_jobs_of_a_batch_are_found_by_id_however_far_behind(
    submit, make, listed, service, who, order, monkeypatch
):
    batch, other = submit([{"k": n} for n in range(9)]), submit([{"k": 1}])
    make()
    monkeypatch.setattr(listing, "STEP", 5)  # rows that a page looks at
    ids = [job.id for job in sorted(all_jobs(service, who, batch), key=lambda job: job.pk)]
    wanted = {"ids": [ids[7], ids[5], ids[8], all_jobs(service, who, other)[0].id], "order": order}
    found = [job.id for job in listed(batch, **wanted, limit=3)]
    assert found == (ids[8:6:-1] + ids[5:6] if order == "newest" else [ids[5], ids[7], ids[8]])
    page = service.batches.jobs(who, batch.id, JobQuery(**wanted, limit=2))
    rest = service.batches.jobs(who, batch.id, JobQuery(**wanted, limit=2, cursor=page.next))
    assert [job.id for job in page.items + rest.items] == found
    pks = f"pk in ({', '.join(str(job.pk) for job in page.items)})"
    assert listed(batch, filter=pks, order=order) == page.items


def all_jobs(service, who, batch):
    """Return all jobs of a batch, whatever one page looks at."""
    found, cursor = [], None
    while True:
        page = service.batches.jobs(who, batch.id, JobQuery(cursor=cursor))
        found += page.items
        if (cursor := page.next) is None:
            return found


def test_pages_of_a_batch_follow_its_index(submit, make, service, who):
    batch = submit([{"k": n} for n in range(5)])
    make()
    first = service.batches.jobs(who, batch.id, JobQuery(limit=3))
    second = service.batches.jobs(who, batch.id, JobQuery(limit=3, cursor=first.next))
    assert [job.batch_index for job in first.items + second.items] == [0, 1, 2, 3, 4]
    assert second.next is None


def test_a_page_begins_where_it_is_asked_to(submit, make, service, who):
    batch = submit([{"k": n} for n in range(2500)])
    make()
    query = JobQuery(order="index", filter="batch_index >= 2310 and batch_index < 2313", limit=100)
    page = service.batches.jobs(who, batch.id, query)
    assert ([job.batch_index for job in page.items], page.next) == ([2310, 2311, 2312], None)
    failed = msgspec.structs.replace(query, status=[Status.FAILED])
    assert service.batches.jobs(who, batch.id, failed).items == []


@pytest.mark.parametrize(
    ("entries", "fixed", "field"),
    [
        ([], {}, "arguments"),
        ([{"k": 1}, {"q": 1}], {}, "arguments[1].q"),
        ([{"k": 1}], {"q": 1}, "arguments[0].q"),
        ([{"k": 1}], {"k": 1}, "arguments[0].k"),
        ([{"k": 1}, {"k": {"$part": "x"}}], {}, "arguments[1].k"),
        ([{"k": 1}, {"k": {"$output": {"job": "x", "name": "y"}}}], {}, "arguments[1].k"),
    ],
)
def test_the_first_wrong_set_is_named_and_nothing_is_kept(
    submit, service, who, entries, fixed, field
):
    with pytest.raises(InvalidRequest) as caught:
        submit(entries, fixed=fixed)
    assert caught.value.field == field
    assert service.batches.list(who).items == []


def test_every_set_is_held_against_the_tool(submit, make, service, who, tmp_path, listed):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "t.toml").write_text(
        'name = "t"\ncommand = ["echo", "{k}"]\n[parameters.k]\ntype = "integer"\n'
        '[parameters.d]\ntype = "integer"\ndefault = 5'
    )
    with pytest.raises(InvalidRequest) as caught:
        submit([{"k": n} for n in range(17)] + [{"k": "x"}], Target(tool="t"))
    assert (caught.value.field, caught.value.value) == ("arguments[17].k", "x")
    batch = submit([{"k": 1}], Target(tool="t"))
    make()
    assert listed(batch)[0].arguments == {"k": 1, "d": 5}


def test_a_hundred_thousand_jobs_are_accepted_at_once(submit, service, who, tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "t.toml").write_text(
        'name = "t"\ncommand = ["echo", "{k}", "{x}"]\n[parameters.k]\ntype = "integer"\n'
        '[parameters.x]\ntype = "number"\nminimum = 0'
    )
    batch = submit([{"k": n, "x": n / 7} for n in range(100_000)], Target(tool="t"))
    assert counts(batch) == {"SUBMITTED": 100_000}
    assert service.queue.materialize() == 500
    assert counts(service.batches.get(who, batch.id)) == {"SUBMITTED": 99_500, "RUNNABLE": 500}
    cancelled = service.batches.cancel(who, batch.id)
    assert counts(cancelled) == {"SUBMITTED": 99_500, "CANCELLED": 500}  # until they are made


def test_more_jobs_than_a_batch_may_have_are_refused(submit, service, who):
    with pytest.raises(InvalidRequest, match=r"100,001 jobs") as caught:
        submit([{}] * 100_001)
    assert (caught.value.field, caught.value.value) == ("arguments", 100_001)
    assert caught.value.hint == "Give 1 to 100,000 sets; for more, submit several batches."
    assert service.batches.list(who).items == []


def test_cancelling_loses_no_job_and_starts_none(submit, make, service, who, listed):
    batch = submit([{"k": n} for n in range(5)])
    service.queue.materialize(3)
    (running,) = claim(service, limit=1)
    service.queue.apply([started(running.id)])
    after = service.batches.cancel(who, batch.id)
    assert counts(after) == {"SUBMITTED": 2, "RUNNING": 1, "CANCELLED": 2}  # two are not made yet
    make()
    assert claim(service) == []
    assert service.queue.glance().cancels == [(running.id, 1)]
    service.queue.apply([ended(running.id, Status.CANCELLED)])
    assert counts(service.batches.get(who, batch.id)) == {"CANCELLED": 5}
    assert {job.reason_code for job in listed(batch)[1:]} == {"cancelled"}
    for job in listed(batch):
        steps = [e.data for e in service.jobs.history(who, job.id) if e.type == "status"]
        assert steps[-1]["status"] == "CANCELLED"


def test_jobs_that_will_not_run_are_made_last(submit, service, who):
    cancelled, wanted = submit([{"k": n} for n in range(5)]), submit([{"k": 0}])
    service.batches.cancel(who, cancelled.id)
    seen = service.queue.glance()
    assert (seen.unmade, seen.called_off) == (True, True)
    service.queue.materialize(3)
    assert counts(service.batches.get(who, wanted.id)) == {"RUNNABLE": 1}
    seen = service.queue.glance()
    assert (seen.unmade, seen.called_off) == (False, True)
    assert [service.queue.materialize(3) for _ in range(3)] == [3, 2, 0]
    assert counts(service.batches.get(who, cancelled.id)) == {"CANCELLED": 5}


def test_deleting_hides_the_batch_and_its_jobs(submit, make, service, who):
    batch = submit([{"k": n} for n in range(5)])
    service.queue.materialize(3)
    service.batches.delete(who, batch.id)
    make()
    with pytest.raises(NotFound, match="deleted"):
        service.batches.get(who, batch.id)
    assert service.jobs.list(who, JobQuery()).items == []
    assert service.batches.list(who).items == []
    assert len(service.jobs.list(who, JobQuery(deleted=True)).items) == 5


def test_a_rerun_stands_for_the_job_it_repeats(submit, make, service, who, listed):
    batch = submit([{"k": n} for n in range(3)])
    make()
    old = listed(batch)[1]
    run(service, old.id, Status.FAILED)
    assert [same.example.id for same in service.batches.failures(who, batch.id)] == [old.id]
    new = service.jobs.rerun(who, old.id)
    assert (new.batch, new.batch_index, new.name) == (batch.id, 1, old.name)
    assert listed(batch)[1].id == new.id
    after = service.batches.get(who, batch.id)
    assert after.n_jobs == sum(after.counts.values()) == 3
    assert after.counts["FAILED"] == 0
    assert service.jobs.get(who, old.id).status is Status.FAILED


def test_no_more_than_max_running_are_started(submit, make, service, who, listed):
    batch = submit([{"k": n} for n in range(5)], max_running=2)
    make()
    first, second = claim(service)
    waiting = listed(batch)[2]
    assert (waiting.reason_code, waiting.reason) == (
        "waiting_batch",
        "waiting for its batch, which runs at most 2 jobs at once",
    )
    assert claim(service) == []
    service.queue.apply([started(first.id), ended(first.id)])
    assert len(claim(service)) == 1
    other = submit([{"k": 9}])
    make()
    assert [work.batch for work in claim(service)] == [other.id]
    assert second.batch == batch.id


def test_the_jobs_of_a_batch_wait_for_what_they_need(submit, make, service, who, context, listed):
    request = SubmitRequest(Target(command=["echo"]), context=context)
    needed = [service.jobs.submit(who, request).id for _ in range(2)]
    reference = {"$output": {"job": needed[1], "name": "t"}}
    batch = submit([{"k": 1}, {"k": reference}], after=[needed[0]])
    make()
    reasons = [job.reason for job in listed(batch)]
    assert reasons == ["waits for 1 job: echo", "waits for 2 jobs: echo, echo"]
    run(service, needed[0])
    service.queue.promote()
    assert [job.status for job in listed(batch)] == [Status.RUNNABLE, Status.PENDING]


def test_a_held_batch_waits_for_its_release(submit, make, service, who):
    batch = submit([{"k": n} for n in range(4)], hold=True)
    service.queue.materialize(2)
    assert claim(service) == []
    service.batches.release(who, batch.id)
    make()
    service.queue.promote()
    assert counts(service.batches.get(who, batch.id)) == {"RUNNABLE": 4}
    with pytest.raises(Conflict):
        service.batches.release(who, batch.id)


def test_patterns_in_a_shared_folder_would_overwrite_each_other(submit):
    with pytest.raises(InvalidRequest, match="overwrite") as caught:
        submit([{"k": 1}, {"k": 2}], outputs=["*.csv"])
    assert "JOBS_OUTPUT_DIR" in caught.value.hint
    submit([{"k": 1}], outputs=["*.csv"])
    submit([{"k": 1}, {"k": 2}], outputs=["*.csv"], cwd="private")


def test_the_same_key_gives_the_same_batch(submit, service, who):
    first = submit([{"k": 1}], key="once")
    assert submit([{"k": 1}], key="once").id == first.id
    with pytest.raises(Conflict):
        submit([{"k": 2}], key="once")
    assert len(service.batches.list(who).items) == 1


def test_what_the_jobs_share_is_kept_once(submit, make, listed, service):
    part = Upload("", "application/vnd.jobs-ext.pickle", b"pickle")
    target = Target(function="code")
    submit([{"x": n} for n in range(20)], target, parts={"code": part})
    make()
    (one, *_rest) = claim(service)
    assert one.parts == {"code": str(service.paths.parts_dir / next(_names(service.paths)))}
    assert len(list(_names(service.paths))) == 1


def _names(paths):
    return (file.name for file in paths.parts_dir.iterdir())


def test_batches_are_listed_newest_first_in_pages(submit, service, who):
    ids = [submit([{"k": 1}]).id for _ in range(3)]
    first = service.batches.list(who, limit=2)
    second = service.batches.list(who, limit=2, cursor=first.next)
    assert [batch.id for batch in first.items + second.items] == ids[::-1]
    with pytest.raises(InvalidRequest):
        service.batches.list(who, limit=0)
    with pytest.raises(InvalidRequest):
        service.batches.list(who, cursor="x")


def test_the_batch_of_another_owner_is_not_found(submit, service):
    batch = submit([{"k": 1}])
    eve = Principal("eve", frozenset({"read", "submit", "run"}))
    for verb in ("get", "cancel", "delete", "release", "failures", "reset"):
        with pytest.raises(NotFound):
            getattr(service.batches, verb)(eve, batch.id)
    assert service.batches.list(eve).items == []


def test_the_priority_of_a_batch_is_changed(submit, service, who):
    old = submit([{}])
    batch = submit([{"k": n} for n in range(3)], max_running=2)
    service.queue.materialize(), service.queue.materialize(2)
    changed = service.batches.change(who, batch.id, BatchChange(priority=3))
    assert changed.options["priority"] == 3
    service.queue.materialize()
    claimed = service.queue.claim(Free(4, 10**9), 9)
    assert [work.batch for work in claimed] == [batch.id, batch.id, old.id]


def test_only_functions_share_workers(submit):
    with pytest.raises(InvalidRequest) as refused:
        submit([{"k": 1}], workers="shared")
    assert refused.value.field == "options.workers"


def test_failures_are_told_by_reason_the_commonest_first(submit, make, service, who, listed):
    batch = submit([{"k": n} for n in range(6)])
    make()
    jobs = listed(batch)
    run(service, jobs[1].id, Status.FAILED, reason_code="signal", reason="killed")
    for job in jobs[2:5]:
        run(service, job.id, Status.FAILED)
    told = service.batches.failures(who, batch.id)
    assert [(one.reason_code, one.n_jobs, one.example.id) for one in told] == [
        ("exit_code", 3, jobs[2].id),
        ("signal", 1, jobs[1].id),
    ]


def test_what_failed_of_a_batch_is_reset(submit, make, service, who, listed):
    batch = submit([{"k": n} for n in range(4)])
    make()
    with pytest.raises(Conflict, match="No job of the batch FAILED"):
        service.batches.reset(who, batch.id)
    jobs = listed(batch)
    run(service, jobs[0].id)
    for job in jobs[1:3]:
        run(service, job.id, Status.FAILED)
    service.batches.cancel(who, batch.id)
    after = service.batches.reset(who, batch.id)
    assert after.counts["RUNNABLE"] == 2
    assert after.cancel_requested is None
    run(service, jobs[1].id)
    assert counts(service.batches.get(who, batch.id)) == {"SUCCEEDED": 2, "STARTING": 2}
    assert len(service.jobs.get(who, jobs[1].id).attempts) == 2
