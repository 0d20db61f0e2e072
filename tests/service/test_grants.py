"""Sharing a job: who may do what with it, who sees it where, and who hears of it."""

from __future__ import annotations

import pytest

from jobs_ext.model.errors import Forbidden, InvalidRequest, NotFound
from jobs_ext.model.grant import Grant, GrantRequest
from jobs_ext.model.query import JobQuery
from jobs_ext.model.request import JobChange, Options, SubmitRequest, Target
from jobs_ext.service import Principal
from jobs_ext.service.principal import VERBS
from tests.service.runs import run

OWN = frozenset({"read", "submit", "run"})
ANN, BOB, EVE = (Principal(name, OWN) for name in ("ann", "bob", "eve"))
BOSS = Principal("boss", VERBS)


@pytest.fixture
def job(service, context):
    return make(service, context)


def make(service, context, by=ANN, **options):
    request = SubmitRequest(
        Target(command=["true"]), options=Options(**{"hold": True} | options), context=context
    )
    return service.jobs.submit(by, request)


def share(service, job, grantee, by=ANN, **rights):
    return service.grants.put(by, job.id, grantee, GrantRequest(**rights))


def names(service, who, **query):
    return [one.name for one in service.jobs.list(who, JobQuery(**query)).items]


def test_each_right_lets_do_its_verbs_and_no_more(service, job):
    verbs = {
        "read": [
            lambda who: service.jobs.get(who, job.id),
            lambda who: service.logs.read(who, job.id),
        ],
        "write": [
            lambda who: service.jobs.change(who, job.id, JobChange(priority=1)),
            lambda who: share(service, job, "amy", by=who),
            lambda who: service.jobs.cancel(who, job.id),
        ],
        "execute": [lambda who: service.jobs.rerun(who, job.id)],
    }
    for verb in [one for ones in verbs.values() for one in ones]:
        with pytest.raises(NotFound):
            verb(BOB)
    share(service, job, "bob")
    share(service, job, "world", execute=True)
    share(service, job, "zoe", write=True)
    zoe = Principal("zoe", OWN)
    for verb in verbs["write"]:
        with pytest.raises(Forbidden, match="bob may only execute and read this job"):
            verb(BOB)
        verb(zoe)
    for verb in verbs["read"] + verbs["execute"]:
        verb(BOB)


def test_a_key_that_may_only_read_shares_nothing(service, job):
    with pytest.raises(Forbidden):
        share(service, job, "bob", by=Principal("ann", frozenset({"read"})))


def test_only_its_owner_purges_a_job(service, job):
    share(service, job, "bob", write=True)
    with pytest.raises(Forbidden):
        service.trash.purge_job(BOB, job.id)
    service.jobs.delete(BOB, job.id)
    service.trash.reinstate_job(BOB, job.id)
    service.trash.purge_job(ANN, job.id)


def test_nobody_grants_more_than_they_have(service, job):
    share(service, job, "bob", write=True)
    with pytest.raises(Forbidden, match="can't grant what they don't have: execute"):
        share(service, job, "bob", by=BOB, write=True, execute=True)
    share(service, job, "eve", by=BOB, write=True)
    share(service, job, "eve", by=BOSS, execute=True)
    assert service.grants.list(ANN, job.id) == [
        Grant("bob", write=True),
        Grant("eve", execute=True),
    ]


def test_what_can_not_be_granted(service, job):
    for grantee, rights, field in (
        ("", {}, "grantee"),
        ("a\nb", {}, "grantee"),
        ("ann", {}, "grantee"),
        ("bob", {"read": False, "write": True}, "read"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            share(service, job, grantee, **rights)
        assert caught.value.field == field
    with pytest.raises(NotFound, match="Nothing is granted to 'bob'"):
        service.grants.remove(ANN, job.id, "bob")


def test_a_rerun_of_a_shared_job_is_ones_own(service, context):
    job = make(service, context, hold=False)
    service.jobs.cancel(ANN, job.id)
    share(service, job, "bob", execute=True)
    again = service.jobs.rerun(BOB, job.id, options={"key": "k", "hold": True})
    assert (again.owner, again.name) == ("bob", job.name)
    assert service.jobs.rerun(BOB, job.id, options={"key": "k", "hold": True}).id == again.id
    with pytest.raises(NotFound):
        service.jobs.get(ANN, again.id)
    assert service.jobs.rerun(BOSS, job.id).owner == "ann"


def test_a_shared_job_can_be_waited_for(service, context, job):
    with pytest.raises(InvalidRequest, match="no job"):
        make(service, context, by=BOB, after=[job.id])
    share(service, job, "bob")
    assert make(service, context, by=BOB, after=[job.id]).status == "PENDING"


def test_lists_show_ones_own_and_what_is_shared(service, context):
    jobs = [
        make(service, context, by=who, name=f"{who.owner}{n}")
        for n in (1, 2)
        for who in (ANN, BOB, EVE)
    ]
    by_name = {job.name: job for job in jobs}
    assert names(service, BOB) == ["bob2", "bob1"]
    share(service, by_name["ann1"], "bob")
    share(service, by_name["ann1"], "world")
    share(service, by_name["eve2"], "world", by=EVE)
    assert names(service, BOB) == ["eve2", "bob2", "bob1", "ann1"]
    assert names(service, BOB, order="oldest") == ["ann1", "bob1", "bob2", "eve2"]
    assert names(service, BOB, shared=True) == ["eve2", "ann1"]
    assert names(service, BOB, shared=False) == ["bob2", "bob1"]
    assert names(service, BOB, name="ann1") == ["ann1"]
    assert names(service, BOB, name="ann2") == []
    assert names(service, BOB, text="e", status=["PENDING"]) == ["eve2"]
    assert names(service, BOB, ids=[job.id for job in jobs]) == ["eve2", "bob2", "bob1", "ann1"]
    assert names(service, EVE) == ["eve2", "eve1", "ann1"]
    assert names(service, BOSS, shared=False) == []
    assert len(names(service, BOSS)) == len(names(service, BOSS, shared=True)) == 6
    service.jobs.delete(EVE, by_name["eve2"].id)
    assert names(service, BOB, shared=True) == ["ann1"]
    assert names(service, BOB, deleted=True) == ["eve2"]


def test_pages_of_shared_jobs_have_each_job_once(service, context):
    for number in range(7):
        job = make(service, context, name=f"a{number}")
        share(service, job, "bob")
        share(service, job, "world")
        make(service, context, by=BOB, name=f"b{number}")
    seen, cursor = [], None
    while True:
        page = service.jobs.list(BOB, JobQuery(limit=3, cursor=cursor))
        seen += [job.name for job in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(seen) == sorted([f"a{n}" for n in range(7)] + [f"b{n}" for n in range(7)])
    assert service.jobs.list(BOB, JobQuery()).total is None
    assert service.jobs.list(BOB, JobQuery(shared=False)).total == 7


def test_the_list_of_shared_jobs_goes_by_an_index(service, job):
    share(service, job, "bob")
    asked = []
    with service._store.read() as connection:
        connection.connection.driver_connection.set_trace_callback(asked.append)
        plans = []
    assert names(service, BOB) == [job.name]
    with service._store.read() as connection:
        raw = connection.connection.driver_connection
        raw.set_trace_callback(None)
        for statement in asked:
            if "job_grant INDEXED BY" in statement:
                plans += [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert plans
    assert not [one for one in plans if one.startswith("SCAN job")]


def test_grantees_hear_of_a_job_and_of_its_end(service, job):
    def heard(who):
        return [event.type for event in service.events.since(start, 100, who.owner)]

    start = service.events.head()
    service.jobs.change(ANN, job.id, JobChange(priority=2))
    assert (len(heard(ANN)), heard(BOB)) == (1, [])
    share(service, job, "bob")
    assert heard(BOB) == heard(ANN)
    start = service.events.head()
    service.grants.clear(ANN, job.id)
    service.jobs.cancel(ANN, job.id)
    assert heard(BOB) == ["revoked"]
    assert heard(EVE) == []
    with pytest.raises(NotFound):
        service.jobs.get(BOB, job.id)


def test_a_grantee_sees_none_of_the_variables_that_its_owner_gave(service, context):
    job = make(service, context, hold=False, env={"SECRET": "x"})
    share(service, job, "bob", execute=True)
    assert service.jobs.get(ANN, job.id).options["env"] == {"SECRET": "x"}
    assert "env" not in service.jobs.get(BOB, job.id).options
    (listed,) = service.jobs.list(BOB, JobQuery()).items
    assert "env" not in listed.options
    assert service.jobs.get(BOSS, job.id).options["env"] == {"SECRET": "x"}
    service.jobs.cancel(ANN, job.id)
    assert "env" not in service.jobs.rerun(BOB, job.id).options
    assert service.jobs.rerun(ANN, job.id).options["env"] == {"SECRET": "x"}


def test_a_job_in_the_trash_is_its_owners_alone(service, context):
    job = make(service, context, hold=False)
    run(service, job.id)
    share(service, job, "bob")
    service.jobs.delete(ANN, job.id)
    with pytest.raises(InvalidRequest, match="no job"):
        make(service, context, by=BOB, after=[job.id])
    assert make(service, context, after=[job.id]).status == "PENDING"
