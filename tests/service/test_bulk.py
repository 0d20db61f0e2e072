"""One verb for many jobs."""

from __future__ import annotations

import pytest

from jobs_ext.model.bulk import MOST
from jobs_ext.model.errors import Forbidden, InvalidRequest
from jobs_ext.model.ids import new_id
from jobs_ext.model.query import JobQuery
from jobs_ext.model.status import Status
from jobs_ext.service.principal import Principal
from tests.service.runs import run


def statuses(service, who):
    return {job.id: str(job.status) for job in service.jobs.list(who, JobQuery()).items}


def test_what_waits_is_cancelled_and_of_the_others_is_said_why_not(service, submit, who):
    waits, ended, unknown = submit(hold=True).id, submit().id, new_id()
    run(service, ended)
    told = service.bulk.cancel(who, [waits, ended, unknown, waits])
    assert told.ids == [waits]
    assert [one.id for one in told.refused] == [ended, unknown]
    assert told.refused[0].message == "The job has ended: SUCCEEDED."
    assert statuses(service, who) == {waits: "CANCELLED", ended: "SUCCEEDED"}
    last = service.jobs.history(who, waits)[-1]
    assert last.data["reason"] == "cancelled by the user"


def test_those_that_failed_run_once_more(service, submit, who):
    failed, waits = submit().id, submit(hold=True).id
    run(service, failed, Status.FAILED)
    told = service.bulk.reset(who, [failed, waits])
    assert (told.ids, [one.id for one in told.refused]) == ([failed], [waits])
    assert "only one that FAILED" in told.refused[0].message
    assert statuses(service, who)[failed] == "RUNNABLE"


def test_what_is_deleted_can_be_had_back(service, submit, who):
    ids = [submit(hold=True).id for _ in range(3)]
    kept = submit(hold=True).id
    assert service.bulk.delete(who, ids).ids == ids
    assert [*statuses(service, who)] == [kept]
    again = service.bulk.delete(who, ids[:1])
    assert again.ids == []
    assert "deleted" in again.refused[0].message
    told = service.bulk.reinstate(who, [*ids, kept])
    assert (told.ids, [one.id for one in told.refused]) == (ids, [kept])
    assert statuses(service, who) == dict.fromkeys(ids, "CANCELLED") | {kept: "PENDING"}


def test_nobody_reaches_the_jobs_of_others(service, submit, who):
    job = submit(hold=True).id
    for verb in (service.bulk.cancel, service.bulk.delete, service.bulk.reset):
        told = verb(Principal("eve", frozenset({"run"})), [job])
        assert told.ids == []
        assert "There is no job" in told.refused[0].message
        with pytest.raises(Forbidden):
            verb(Principal(who.owner, frozenset({"read"})), [job])
    assert statuses(service, who) == {job: "PENDING"}


@pytest.mark.parametrize("number", [0, MOST + 1])
def test_one_transaction_holds_no_more_than_it_should(service, who, number):
    with pytest.raises(InvalidRequest, match="at once"):
        service.bulk.cancel(who, ["x"] * number)
