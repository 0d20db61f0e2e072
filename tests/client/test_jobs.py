"""Single jobs, end to end against a real server and runner."""

from __future__ import annotations

import copy
import pickle
import time

import pytest

import jobs_ext as jx

from .live import python


def add(a, b=1):
    return a + b


add.__module__ = "__main__"  # as in a notebook


def test_cancel(client):
    job = jx.submit(["sleep", "600"])
    assert job.cancel().wait(60).status == "CANCELLED"
    held = jx.options(hold=True).submit(["true"])
    assert "CANCELLED" in repr(held.cancel())
    with pytest.raises(jx.errors.JobCancelled, match="cancelled by the user"):
        job.result()


def test_rerun(client):
    job = jx.submit(add, 2, b=3).wait(60)
    again = job.rerun(b=10)
    assert again.id != job.id
    assert (job.result(), again.result(60)) == (5, 12)
    with pytest.raises(jx.errors.InvalidRequest, match="Did you mean 'memory'"):
        job.rerun(options={"memroy": "1GB"})


def test_a_handle_is_only_an_id(client):
    job = jx.submit(add, 1)
    sent = pickle.dumps(job)
    assert client.connection.address.headers["Authorization"].encode() not in sent
    for handle in (pickle.loads(sent), copy.copy(job), copy.deepcopy(job)):
        assert handle == job
        assert handle.result(60) == 2


def test_what_a_handle_shows(client):
    job = jx.submit(["true"]).wait(60)
    bundle = job._repr_mimebundle_()
    data = bundle["application/vnd.jobs-ext.job.v1+json"]
    assert data["server"] == client.connection.info.server
    assert data["view"]["status"] == "SUCCEEDED"
    assert "SUCCEEDED" in bundle["text/html"]
    assert "style" not in bundle["text/html"]
    assert job.id in bundle["text/plain"]
    assert "SUCCEEDED" in repr(job)


def test_hold_and_release(client):
    job = jx.options(hold=True).submit(["true"])
    time.sleep(0.2)
    assert (job.status, job.reason_code) == ("PENDING", "held")
    assert job.release().wait(60).status == "SUCCEEDED"


def test_a_deleted_job_is_gone(client):
    job = jx.submit(["true"]).wait(60)
    job.delete()
    with pytest.raises(jx.errors.NotFound):
        jx.get(job.id)


def test_a_failed_job_is_reset_and_its_result_waited_for(client, server):
    job = jx.submit(python("import pathlib; pathlib.Path('there').read_text()"))
    assert job.wait(60).status == "FAILED"
    (server.work / "there").write_text("")
    assert job.reset().wait(60).status == "SUCCEEDED"
    assert [attempt.number for attempt in job.attempts] == [1, 2]


def test_a_waiting_job_is_held_and_given_another_priority(client):
    job = jx.options(hold=True).submit(python("pass"))
    assert job.prioritize(3).refresh().options["priority"] == 3
    assert "held" not in repr(job.release())
    assert job.wait(60).status == "SUCCEEDED"
    with pytest.raises(jx.errors.Conflict):
        job.hold()
