"""Deleting is not the end: back out of the trash, and out of it for good."""

from __future__ import annotations

import pytest

import jobs_ext as jx
from tests.waiting import until


def is_gone(client, job):
    return all(one.id != job.id for one in client.jobs(deleted=True, limit=500))


def test_a_job_comes_back_and_goes_for_good(client):
    job = jx.submit(["echo", "hi"]).wait(60)
    job.delete()
    job.reinstate()
    assert jx.get(job.id).logs() == "hi\n"
    with pytest.raises(jx.errors.Conflict):
        job.reinstate()
    job.purge()
    with pytest.raises(jx.errors.NotFound):
        jx.get(job.id)
    until(lambda: is_gone(client, job), what="the job to be purged")
    with pytest.raises(jx.errors.NotFound):
        job.reinstate()


def test_a_batch_comes_back_and_goes_for_good(client):
    batch = jx.map(["echo", "{k}"], [{"k": "1"}, {"k": "2"}])
    batch.wait(60)
    with pytest.raises(jx.errors.Conflict):
        batch[0].purge()
    batch.delete()
    batch.reinstate()
    assert len(batch) == 2
    batch.purge()
    with pytest.raises(jx.errors.NotFound):
        jx.get(batch.id)


def test_nothing_is_thrown_away_unless_the_server_says_so(client):
    told = client.retention()
    assert (told.rules.keep, told.rules.keep_deleted) == ({}, 30 * 86400)
    assert (told.jobs, told.batches) == ([], [])
