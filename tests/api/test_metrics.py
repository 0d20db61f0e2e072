"""What Prometheus reads."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from jobs_ext.model.status import Status
from tests.waiting import auntil


@pytest.fixture
def metrics(monkeypatch, jp_fetch):
    monkeypatch.setattr("jobs_ext.api.pulse.INTERVAL", 0.05)

    async def read():
        text = (await jp_fetch("metrics")).body.decode()
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if family.name.startswith("jobs_ext")
        }

    return read


async def test_jobs_by_status_the_queue_the_runner_and_submits(metrics, api):
    job = await api.submit(["true"])
    await api.ended(job["id"])
    await api.submit(["true"], hold=True)

    async def told():
        found = await metrics()
        ends = [found.get(("jobs_ext_jobs", ("status", s))) for s in ("SUCCEEDED", "PENDING")]
        return found if all(ends) else None

    found = await auntil(told, what="the jobs to be counted")
    by_status = {key[1][1]: value for key, value in found.items() if key[0] == "jobs_ext_jobs"}
    assert set(by_status) == set(map(str, Status))
    assert by_status["PENDING"] == 1
    assert found["jobs_ext_store_up",] == found["jobs_ext_runner_up",] == 1
    assert found["jobs_ext_queue_age_seconds",] == 0
    assert found["jobs_ext_events_behind",] >= 0
    assert found["jobs_ext_submit_seconds_count",] == 2


async def test_a_store_that_can_not_be_read(metrics, api, extension, monkeypatch):
    assert (await api("GET", "")).status == 200
    extension.backend._service, service = None, extension.backend._service

    async def down():
        return (await metrics()).get(("jobs_ext_store_up",)) == 0

    await auntil(down, what="the store to be missed")
    assert ("jobs_ext_runner_up",) not in await metrics()
    extension.backend._service = service
