from __future__ import annotations

import asyncio
import logging
import os
import signal
from types import SimpleNamespace

import pytest

from jobs_ext.api.supervisor import Supervisor
from jobs_ext.runner.holder import read_holder
from jobs_ext.store.locks import has_runner
from jobs_ext.store.paths import Paths
from tests.waiting import auntil


@pytest.fixture
def backend(tmp_path, runtime_dir):
    """As much of a backend as a supervisor needs: a data directory without a store."""
    paths = Paths(tmp_path / "data", runtime_dir)
    paths.make()
    service = SimpleNamespace(paths=paths)
    return SimpleNamespace(service=service, call=asyncio.to_thread, log=logging.getLogger("test"))


async def test_a_runner_that_can_not_live_is_no_storm(backend, monkeypatch, caplog):
    monkeypatch.setattr("jobs_ext.api.supervisor._PATIENCE", 0.2)
    supervisor = Supervisor(backend, ["--no-such-option"])
    task = asyncio.create_task(supervisor.run())
    log = backend.service.paths.runner_log

    def complaints():
        return log.read_text().count("--no-such-option") if log.exists() else 0

    for _ in range(200):  # poked all the time, as when many jobs are submitted
        supervisor.poke()
        await asyncio.sleep(0.02)
    await auntil(lambda: complaints() >= 2, what="the second start")
    assert len([r for r in caplog.records if "has ended" in r.message]) <= 3
    assert str(log) in caplog.text
    assert not has_runner(backend.service.paths)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_system_that_is_full_for_now_is_asked_again(backend, caplog):
    backend.service.paths.runner_log.mkdir()
    supervisor = Supervisor(backend, [])
    task = asyncio.create_task(supervisor.run())
    await auntil(lambda: "can't be started" in caplog.text, what="the complaint")
    await asyncio.sleep(1)  # it is asked again meanwhile
    log = backend.service.paths.runner_log
    log.rmdir()
    await auntil(lambda: log.exists() and "not up to date" in log.read_text(), what="a start")
    assert caplog.text.count("can't be started") == 1  # said once
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_runner_that_is_killed_is_followed_by_another_at_once(service):
    paths = service.paths
    backend = SimpleNamespace(service=service, call=asyncio.to_thread, log=logging.getLogger())
    supervisor = Supervisor(backend, [])
    task = asyncio.create_task(supervisor.run())
    gone = set()

    def another():
        holder = read_holder(paths)
        return holder is not None and holder.pid not in gone and has_runner(paths) and holder

    try:
        for _ in range(2):
            supervisor._starts = 5  # as if many had died young: the next would wait for a minute
            holder = await auntil(another, timeout=20, what="a runner")
            supervisor.poke()
            await auntil(lambda: not supervisor._starts, what="a look at it")
            gone.add(holder.pid)
            os.kill(holder.pid, signal.SIGKILL)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await auntil(lambda: not has_runner(paths), what="its end")
