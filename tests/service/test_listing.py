from __future__ import annotations

import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.request import Options, SubmitRequest, Target
from jobs_ext.model.status import Status
from jobs_ext.service import JobQuery
from tests.service.runs import run


@pytest.fixture
def five(service, who, context):
    """Ids of five jobs, oldest first."""
    names = ["alpha", "beta", "100%", "a_b", "Alphabet"]
    target = Target(command=["echo"])
    requests = [SubmitRequest(target, {}, Options(name=n, project="p"), context) for n in names]
    return [service.jobs.submit(who, request).id for request in requests]


@pytest.fixture
def ids(service, who):
    return lambda **query: [job.id for job in service.jobs.list(who, JobQuery(**query)).items]


def test_pages_join_without_gap_or_overlap(five, service, who):
    for order, wanted in (("newest", five[::-1]), ("oldest", five)):
        seen, cursor = [], None
        while True:
            page = service.jobs.list(who, JobQuery(limit=2, cursor=cursor, order=order))
            seen += [job.id for job in page.items]
            if (cursor := page.next) is None:
                break
        assert seen == wanted


def test_a_job_made_meanwhile_does_not_shift_the_pages(five, service, who, context):
    first = service.jobs.list(who, JobQuery(limit=2))
    service.jobs.submit(who, SubmitRequest(Target(command=["echo"]), context=context))
    second = service.jobs.list(who, JobQuery(limit=3, cursor=first.next))
    assert [job.id for job in second.items] == five[2::-1]
    assert (first.total, second.total) == (5, None)


def test_every_filter_holds(five, ids, service, who):
    run(service, five[1])
    assert ids(status=[Status.SUCCEEDED]) == [five[1]]
    others = [Status.SUCCEEDED, Status.STARTING, Status.RUNNABLE]
    assert set(ids(status=others)) == set(five)
    assert ids(name="beta") == [five[1]]
    assert ids(project="q") == []
    assert len(ids(project="p")) == 5
    assert ids(ids=[five[0], five[3]]) == [five[3], five[0]]
    assert ids(tool="wc") == []


def test_text_is_looked_for_as_it_is_written(five, ids):
    assert ids(text="ALPHA") == [five[4], five[0]]
    assert ids(text="%") == [five[2]]
    assert ids(text="_") == [five[3]]


WRONG = [
    ({"limit": 0}, "limit"),
    ({"limit": 501}, "limit"),
    ({"cursor": "nonsense"}, "cursor"),
    ({"order": "random"}, "order"),
    ({"order": "index"}, "order"),
    ({"ids": ["x"]}, "ids"),
    ({"batch": "x"}, "batch"),
]


@pytest.mark.parametrize(("query", "field"), WRONG)
def test_a_wrong_query_is_named(service, who, query, field):
    with pytest.raises(InvalidRequest) as caught:
        service.jobs.list(who, JobQuery(**query))
    assert caught.value.field == field


def test_a_cursor_of_another_order_is_refused(five, service, who):
    cursor = service.jobs.list(who, JobQuery(limit=2, order="oldest")).next
    with pytest.raises(InvalidRequest):
        service.jobs.list(who, JobQuery(limit=2, cursor=cursor))
