"""Lists of jobs, filters and orders."""

from __future__ import annotations

import pytest

import jobs_ext as jx
from jobs_ext.model.view import MIME
from tests.waiting import until


def test_lists_of_jobs(client):
    jx.options(name="named").submit(["true"]).wait(60)
    found = jx.jobs(name="named")
    assert [job.name for job in found] == ["named"]
    frame = found.df()
    assert frame["status"].tolist() == ["SUCCEEDED"]
    assert str(frame["created"].dtype).startswith("datetime64")
    assert "named" in found._repr_html_()
    view = found._repr_mimebundle_()[MIME]["view"]
    assert [item["id"] for item in view["items"]] == [found[0].id]
    assert MIME not in jx.jobs(name="no such")._repr_mimebundle_()


def test_a_rare_job_is_found_among_many(client):
    rare = jx.options(name="a needle", hold=True).submit(["true"])
    hay = jx.options(hold=True).map(["true", "{k}"], range(1100))
    until(lambda: hay.counts["PENDING"] == 1100, what="the jobs")
    assert [job.id for job in jx.jobs(text="needle", limit=1)] == [rare.id]
    rare.cancel()
    hay.delete()


def test_a_list_is_cancelled_deleted_and_had_back(client):
    batch = jx.options(hold=True, name="listed").map(["true", "{k}"], [1, 2])
    ended = jx.options(name="listed too").submit(["false"]).wait(60)
    found = jx.jobs(text="listed")
    told = found.cancel()
    assert (len(told.ids), [one.id for one in told.refused]) == (2, [ended.id])
    assert "has ended: FAILED" in told.refused[0].message
    assert {job.status for job in batch} == {"CANCELLED"}
    assert found.reset().ids == [ended.id]
    assert len(found.delete().ids) == 3
    assert jx.jobs(text="listed") == jx.jobs(text="listed").cancel().ids == []
    assert sorted(jx.jobs(text="listed", deleted=True).reinstate().ids) == sorted(
        job.id for job in found
    )
    batch.delete()


def test_filters_and_orders_of_lists(client):
    for name in ("one", "two"):
        jx.options(name=f"ordered {name}", hold=True, priority=len(name)).submit(["true"])
    chosen = 'name like "ordered %"'
    found = jx.jobs(filter=chosen, order="-name")
    assert [job.name for job in found] == ["ordered two", "ordered one"]
    assert [job.name for job in jx.jobs(filter=chosen, order="name", limit=1)] == ["ordered one"]
    batch = jx.options(hold=True, name="ordered").map(["echo", "{k}"], [1, 2])
    assert jx.batches(filter='n_jobs = 2 and name = "ordered"') == [batch]
    assert "wc" in [tool.name for tool in client.tools("input = text and enabled = true")]
    with pytest.raises(jx.errors.InvalidRequest, match="nmae"):
        jx.jobs(filter="nmae = x")
    with pytest.raises(jx.errors.InvalidRequest, match="order"):
        jx.jobs(order="nmae")
    for one in (batch, *found):
        one.cancel()
