"""The server's policy: what is refused, by which limit, and what a job gets that does not say."""

from __future__ import annotations

import msgspec
import pytest

from jobs_ext.model.errors import Forbidden, InvalidRequest, OverQuota, TooMany
from jobs_ext.model.policy import Policy
from jobs_ext.model.project import ProjectRequest, Role
from jobs_ext.model.request import BatchRequest, Options, SubmitRequest, Target
from jobs_ext.model.status import Status
from jobs_ext.service import Principal
from jobs_ext.service.uploads import Draft, Upload
from jobs_ext.store.schema import job as jobs_table
from tests.service.runs import found, run

TRUE = Target(command=["true"])
ANN, BOB = (Principal(name, frozenset({"read", "submit", "run"})) for name in ("ann", "bob"))


def columns(service, job):
    with service._store.read() as connection:
        row = connection.execute(jobs_table.select().where(jobs_table.c.id == job.id)).one()
    return row.cpu, row.memory, row.timeout


def test_more_than_the_policy_lets_is_refused_and_the_limit_is_the_default(open_service, context):
    service = open_service(policy=Policy(max_cpu=0.5, max_memory="1GB", max_timeout="1min"))
    for name, value, told in (
        ("cpu", 1, "0.5 cores"),
        ("memory", "2GB", "1,000,000,000 bytes"),
        ("timeout", 61, "60 s"),
    ):
        request = SubmitRequest(TRUE, options=Options(**{name: value}), context=context)
        with pytest.raises(InvalidRequest) as caught:
            service.jobs.submit(ANN, request)
        assert (caught.value.field, caught.value.value) == (f"options.{name}", value)
        assert told in caught.value.hint
    job = service.jobs.submit(ANN, SubmitRequest(TRUE, context=context))
    assert columns(service, job) == (0.5, 10**9, 60.0)
    small = Options(cpu=0.1, memory="1MB", timeout=1)
    job = service.jobs.submit(ANN, SubmitRequest(TRUE, options=small, context=context))
    assert columns(service, job) == (0.1, 10**6, 1.0)


def test_tools_only(open_service, context, tool):
    job = open_service().jobs.submit(ANN, SubmitRequest(TRUE, context=context))
    service = open_service(policy=Policy(allow_run=False))
    with pytest.raises(Forbidden) as caught:
        service.jobs.submit(ANN, SubmitRequest(TRUE, context=context))
    assert caught.value.field == "target.command"
    service.jobs.cancel(ANN, job.id)
    with pytest.raises(Forbidden):
        service.jobs.rerun(ANN, job.id)
    service.jobs.submit(ANN, SubmitRequest(tool, {"text": "data.txt"}, context=context))


def test_quotas_of_an_owner(open_service, context):
    service = open_service(policy=Policy(max_unfinished=3, max_batch=2))
    batch = BatchRequest(TRUE, [{}, {}], context=context)
    job = service.jobs.submit(ANN, SubmitRequest(TRUE, context=context))
    service.batches.submit(ANN, batch)
    for submit in (
        lambda: service.batches.submit(ANN, batch),
        lambda: service.jobs.submit(ANN, SubmitRequest(TRUE, context=context)),
        lambda: service.jobs.check(ANN, SubmitRequest(TRUE, context=context)),
    ):
        with pytest.raises(TooMany, match="ann has 3 jobs that have not ended, and may have 3"):
            submit()
    service.jobs.submit(BOB, SubmitRequest(TRUE, context=context))
    service.jobs.cancel(ANN, job.id)
    service.jobs.submit(ANN, SubmitRequest(TRUE, context=context))
    with pytest.raises(InvalidRequest, match="can't have 3 jobs"):
        service.batches.submit(BOB, BatchRequest(TRUE, [{}] * 3, context=context))


@pytest.mark.parametrize(
    "wrong", [{"max_cpu": 0}, {"max_memory": "lots"}, {"max_timeout": -1}, {"max_jobs": 1}]
)
def test_what_can_not_be_a_policy(wrong):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Policy)


def test_a_reset_counts_as_one_more_job(open_service, context):
    service = open_service(policy=Policy(max_unfinished=1))
    failed = service.jobs.submit(ANN, SubmitRequest(TRUE, context=context))
    run(service, failed.id, Status.FAILED)
    waits = service.jobs.submit(ANN, SubmitRequest(TRUE, context=context))
    with pytest.raises(TooMany, match="ann has 1 jobs that have not ended"):
        service.jobs.reset(ANN, failed.id)
    service.jobs.cancel(ANN, waits.id)
    service.jobs.reset(ANN, failed.id)


def test_what_an_owner_keeps_has_a_limit(open_service, context):
    service = open_service(policy=Policy(max_stored=10_000))

    def submit(size: int, who=ANN, letter=b"x", verb=service.jobs.submit):
        part = Upload("a.bin", "application/octet-stream", letter * size)
        request = SubmitRequest(Target(command=["wc", "{file}"]), {"file": {"$part": "f"}})
        return verb(who, msgspec.structs.replace(request, context=context), {"f": part})

    job = submit(4_000)
    submit(4_000)  # the same content is there once
    assert submit(4_000, verb=service.jobs.check)["ok"]
    with pytest.raises(OverQuota, match=r"may keep 10\.0 kB") as caught:
        submit(7_000, letter=b"y", verb=service.jobs.check)
    assert caught.value.value == 11_000
    assert service.stored(ANN) == 4_000
    with pytest.raises(OverQuota, match=r"ann keeps 11\.0 kB .* may keep 10\.0 kB") as caught:
        submit(7_000, letter=b"y")
    assert (caught.value.field, caught.value.value) == ("user", 11_000)
    assert service.stored(ANN) == 4_000
    submit(7_000, BOB)
    place = service.paths.attempt(job.id, 1).outputs / "big.bin"
    run(service, job.id, outputs=[msgspec.structs.replace(found("big.bin", place), size=9_000)])
    assert service.stored(ANN) == 13_000  # what was accepted runs, and what it made is kept
    draft = service.draft(ANN)
    with pytest.raises(OverQuota):
        draft.write(b"z")
    draft.drop()
    with pytest.raises(OverQuota):
        service.batches.submit(ANN, BatchRequest(TRUE, [{}], context=context))
    service.trash.purge_job(ANN, job.id)
    while service.trash.step():
        pass
    assert service.stored(ANN) == 4_000
    service.jobs.submit(ANN, SubmitRequest(TRUE, context=context))


def test_data_sets_and_outputs_of_others_count_where_they_belong(open_service, context):
    service = open_service(policy=Policy(max_stored=10_000))
    service.projects.create(ANN, ProjectRequest("p", members={"bob": Role.WRITER}))

    def add(who, size):
        draft = Draft(service.paths, service.datasets.check(who, "p", "d"))
        try:
            draft.write(b"d" * size)
        except OverQuota:
            draft.drop()
            raise
        return service.datasets.add(who, "p", "d", "text/plain", draft)

    add(BOB, 6_000)
    reads = SubmitRequest(
        Target(command=["wc", "{file}"]),
        {"file": {"$dataset": {"project": "p", "name": "d"}}},
        context=context,
    )
    job = service.jobs.submit(BOB, reads)  # which keeps what bob keeps already
    assert (service.stored(ANN), service.stored(BOB)) == (0, 6_000)
    with pytest.raises(OverQuota):
        add(BOB, 5_000)
    service.datasets.delete(ANN, "p", "d")
    assert service.stored(BOB) == 6_000
    service.trash.purge_job(BOB, job.id)
    while service.trash.step():
        pass
    assert service.stored(BOB) == 0
