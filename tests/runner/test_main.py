"""The runner's process: when it comes, when it leaves, and what it is without."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from jobs_ext.model.request import Target
from jobs_ext.model.status import Status
from jobs_ext.runner.launch import attach, ensure_runner
from jobs_ext.store.locks import has_runner
from tests.runner.house import WHO, House
from tests.runner.keepers import gone
from tests.waiting import until


def test_the_runner_leaves_when_nothing_is_left(own_house: House) -> None:
    own_house.kill_runner()
    server = attach(own_house.paths)
    own_house.start(linger=0.2)
    job = own_house.ended(own_house.command("true"))
    assert job.status is Status.SUCCEEDED
    assert own_house.runner is not None
    assert own_house.runner.poll() is None
    server.close()
    assert own_house.runner.wait(30) == 0
    until(lambda: gone(own_house.keeper_pid), what="the keeper's end")


def test_the_runner_stays_for_running_jobs_and_not_for_held_ones(own_house: House) -> None:
    own_house.kill_runner()
    own_house.command("true", hold=True)
    job = own_house.shell("sleep 1")
    own_house.start(linger=0.2)
    assert own_house.runner is not None
    assert own_house.runner.wait(30) == 0
    assert own_house.get(job).status is Status.SUCCEEDED


def test_the_runner_does_not_stay_to_make_jobs_that_were_cancelled(own_house: House) -> None:
    own_house.kill_runner()
    batch = own_house.batch(Target(command=["true", "{k}"]), [{"k": n} for n in range(3000)])
    batches = own_house.service.batches
    batches.cancel(WHO, batch)
    own_house.start(linger=0.0)
    assert own_house.runner is not None
    assert own_house.runner.wait(30) == 0
    assert batches.get(WHO, batch).n_made < 3000
    server = attach(own_house.paths)
    own_house.start(linger=0.0)  # the next one goes on
    until(lambda: batches.get(WHO, batch).counts["CANCELLED"] == 3000, what="their end")
    server.close()


def test_a_second_runner_gives_way(own_house: House) -> None:
    first = own_house.runner
    assert first is not None
    assert has_runner(own_house.paths)
    assert not ensure_runner(own_house.paths)
    own_house.start()
    assert own_house.runner is not None
    assert own_house.runner.wait(30) == 0
    assert first.poll() is None
    own_house.runner = first


def test_a_server_starts_the_runner(own_house: House) -> None:
    own_house.kill_runner()
    until(
        lambda: not has_runner(own_house.paths), what="the lock, which a child on its way may hold"
    )
    options = ["--cpu", "2", "--memory", "1000000000", "--linger", "0.2"]
    assert ensure_runner(own_house.paths, extra_args=options)
    assert own_house.ended(own_house.command("true")).status is Status.SUCCEEDED
    until(lambda: not has_runner(own_house.paths), what="the runner's end")


def test_told_to_stop_it_leaves_jobs_running(own_house: House) -> None:
    job = own_house.shell("sleep 1; exit 5")
    own_house.reached(job, Status.RUNNING)
    assert own_house.runner is not None
    os.kill(own_house.runner.pid, signal.SIGTERM)
    assert own_house.runner.wait(30) == 0
    own_house.start()
    assert own_house.ended(job).reason == "exited with code 5"


def test_the_runner_imports_no_validator_and_no_server() -> None:
    heavy = "('jsonschema', 'tornado', 'jupyter_server', 'alembic', 'nbclient', 'cloudpickle')"
    source = (
        f"import sys, jobs_ext.runner.__main__; print([m for m in {heavy} if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, check=True, text=True
    )
    assert said.stdout == "[]\n"
