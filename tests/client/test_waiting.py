"""Waiting: timeouts, interrupts, await."""

from __future__ import annotations

import asyncio
import sys

import pytest

import jobs_ext as jx
from jobs_ext.client import waiting


def python(code):
    return [sys.executable, "-c", code]


def test_a_timeout_of_the_wait_leaves_the_job_alone(client):
    job = jx.submit(["sleep", "600"])
    with pytest.raises(TimeoutError):
        job.wait(0.2)
    assert job.status not in ("SUCCEEDED", "FAILED", "CANCELLED")
    job.cancel()


def test_an_interrupted_wait_says_that_the_job_goes_on(client, monkeypatch):
    job = jx.submit(["sleep", "600"])

    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting.Pause, "__call__", interrupt)
    with pytest.raises(KeyboardInterrupt, match="goes on"):
        job.wait()
    assert job.status not in ("SUCCEEDED", "FAILED", "CANCELLED")
    job.cancel()


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
