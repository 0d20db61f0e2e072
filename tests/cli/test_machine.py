"""The doctor and the runner, from a terminal."""

from __future__ import annotations

from pathlib import Path

from jobs_ext.store.locks import has_runner
from jobs_ext.store.paths import Paths
from tests.waiting import until


def test_the_doctor_finds_the_servers_folder_and_nothing_that_is_broken(jobs, server):
    told = jobs("doctor", "--json")
    found = {one["check"]: one for one in told.json}
    assert found["folder"]["what"].startswith(str(server.home / "data" / "jobs_ext"))
    assert found["server"]["level"] == found["store"]["level"] == "ok"
    assert found["runner"]["level"] == "ok"
    assert told.code == (1 if any(one["level"] == "error" for one in told.json) else 0)


def test_a_broken_folder_is_told_with_what_to_do(jobs, server):
    folder = server.home / "data" / "jobs_ext"
    folder.chmod(0o755)
    told = jobs("doctor")
    folder.chmod(0o700)
    assert told.code == 1
    assert f"chmod 700 {folder}" in told.out
    assert "error  folder" in told.out


def test_the_runner_of_the_server(jobs):
    told = jobs("runner", "start")
    assert (told.code, "sees to the runner" in told.err) == (2, True)
    assert jobs("runner", "status", "--json").json[0]["level"] == "ok"


def test_a_runner_without_a_server(jobs, service, who, context):
    from jobs_ext.model.request import SubmitRequest, Target

    job = service.jobs.submit(who, SubmitRequest(Target(command=["true"]), context=context))
    folder = str(service.paths.root)
    assert jobs("runner", "start", "--data-dir", folder, "--json").json == {"started": True}
    until(lambda: service.jobs.get(who, job.id).status == "SUCCEEDED", what="the job")
    until(lambda: not has_runner(Paths(Path(folder))), what="the runner to end by itself")


def test_no_folder_to_run_in(jobs, tmp_path):
    told = jobs("runner", "start", "--data-dir", str(tmp_path))
    assert told.code == 2
    assert "--data-dir" in told.err
