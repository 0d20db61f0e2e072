"""Waiting: timeouts, interrupts, await."""

from __future__ import annotations

import asyncio

import pytest

import jobs_ext as jx
from jobs_ext.client.waiting import patiences

from .live import python


def test_a_timeout_of_the_wait_leaves_the_job_alone(client):
    job = jx.submit(["sleep", "600"])
    with pytest.raises(TimeoutError):
        job.wait(0.2)
    assert job.status not in ("SUCCEEDED", "FAILED", "CANCELLED")
    job.cancel()


def test_an_interrupted_wait_says_that_the_job_goes_on(client, monkeypatch):
    job = jx.submit(["sleep", "600"])

    def interrupt(self, wait):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(jx.Job, "refresh", interrupt)
        with pytest.raises(KeyboardInterrupt, match="goes on"):
            job.wait()
    assert job.status not in ("SUCCEEDED", "FAILED", "CANCELLED")
    job.cancel()


def test_questions_wait_for_their_answers(client, monkeypatch):
    asked = []
    request = client.connection.request
    monkeypatch.setattr(
        client.connection,
        "request",
        lambda *given, **more: asked.append(more.get("params")) or request(*given, **more),
    )
    job = jx.submit(python("import time; time.sleep(0.5)")).wait()
    assert asked[-2:] == [None, {"wait": 20}]
    assert job.status == "SUCCEEDED"


def test_no_question_waits_beyond_a_timeout():
    assert list(patiences(0, 20)) == [0]
    assert set(patiences(0.1, 20)) == {0}
    given = patiences(2.9, 20)
    assert (next(given), next(given)) == (0, 2)


def test_await_does_not_block_the_loop(client):
    async def both():
        ticks = 0
        task = asyncio.ensure_future(waits())
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks, await task

    async def waits():
        return await jx.submit(python("import time; time.sleep(0.5)"))

    ticks, outputs = asyncio.run(both())
    assert ticks > 10
    assert len(outputs) == 0


def test_an_awaited_batch_gives_its_results_in_their_order(client):
    async def waits():
        return await jx.map(abs, [-1, -2])

    assert asyncio.run(waits()) == [1, 2]


def test_who_stops_awaiting_a_job_leaves_it_alone(client):
    job = jx.submit(["sleep", "600"])

    async def gives_up():
        async with asyncio.timeout(0.1):
            await job

    with pytest.raises(TimeoutError) as raised:
        asyncio.run(gives_up())
    (said,) = raised.value.__cause__._render_traceback_()
    assert (
        said == f"Interrupted: stopped waiting; the job {job.id} goes on. Its .cancel() stops it."
    )
    assert job.status not in ("SUCCEEDED", "FAILED", "CANCELLED")
    job.cancel()
