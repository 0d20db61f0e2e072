"""Outputs archived by the runner: before the job has ended, and when people ask for it later."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs_ext.model.errors import Conflict, InvalidRequest, NotFound
from jobs_ext.model.job import Job
from jobs_ext.model.request import Target
from jobs_ext.model.status import Status
from tests.runner.house import WHO, House
from tests.waiting import until

WRITE = r"""
cd "$JOBS_OUTPUT_DIR"; printf "a\n1\n" > t.csv; mkdir s; : > s/e; cd - > /dev/null
"""


def events(house: House, job: str, kind: str) -> list[dict[str, object]]:
    return [event.data for event in house.service.jobs.history(WHO, job) if event.type == kind]


def test_the_option_archives_before_the_end(house: House) -> None:
    job = house.ended(house.shell(WRITE, archive="results/{id}"))
    assert job.status is Status.SUCCEEDED
    assert {o.name: o.archive for o in job.outputs} == {
        "t.csv": f"results/{job.id}/t.csv",
        "s/e": f"results/{job.id}/s/e",
    }
    place = house.root / "results" / job.id
    assert house.output(job, "t.csv") == place / "t.csv"
    assert (place / "t.csv").read_text() == "a\n1\n"
    assert {"stage": "archiving", "attempt": 1} in events(house, job.id, "stage")
    told = house.service.archives.get(WHO, job.id)
    assert (told.status, told.folder, told.reason) == ("done", f"results/{job.id}", None)
    assert job.stage is None


def test_what_the_user_removed_from_the_archive_is_told(house: House) -> None:
    job = house.ended(house.shell(WRITE, archive="gone/{id}"))
    found = house.service.outputs.find(WHO, job.id, "t.csv")
    Path(str(found.path)).unlink()
    with pytest.raises(NotFound, match="no longer there") as caught:
        house.service.outputs.find(WHO, job.id, "t.csv")
    assert caught.value.hint == f"It was archived as gone/{job.id}/t.csv."
    assert house.service.outputs.find(WHO, job.id, "s/e")


def test_a_job_that_can_not_be_archived_fails_and_keeps_its_outputs(house: House) -> None:
    house.root.joinpath("full").mkdir(exist_ok=True)
    house.root.joinpath("full", "t.csv").write_text("mine")
    job = house.ended(house.shell(WRITE, archive="full", retries=2))
    assert (job.status, job.reason_code) == (Status.FAILED, "archive_failed")
    assert len(job.attempts) == 1, "its program is not run again"
    assert "another file" in str(job.reason)
    assert house.output(job, "t.csv").read_text() == "a\n1\n"
    assert house.root.joinpath("full", "t.csv").read_text() == "mine"
    assert house.service.archives.get(WHO, job.id).status == "failed"
    assert archived(house, job, "better").path == str(house.root / "better" / "t.csv")


def test_one_that_fails_by_itself_is_not_archived(house: House) -> None:
    job = house.ended(house.shell(f"{WRITE} exit 3", archive="failed"))
    assert job.reason_code == "exit_code"
    assert not (house.root / "failed").exists()
    with pytest.raises(NotFound, match="not archived"):
        house.service.archives.get(WHO, job.id)


def test_an_attempt_is_archived_by_the_next_runner(own_house: House) -> None:
    house = own_house
    script = f"{WRITE} touch ran; while ! test -e go; do sleep 0.05; done"
    job = house.shell(script, archive="late")
    until((house.cwd / "ran").exists, what="the job under way")
    house.kill_runner()
    (house.root / "late").mkdir()
    (house.root / "late" / "t.csv").write_text("a\n1\n")  # as a runner that died would leave it
    (house.cwd / "go").touch()
    house.start()
    ended = house.ended(job)
    assert ended.status is Status.SUCCEEDED
    assert house.output(ended, "s/e") == house.root / "late" / "s" / "e"


def archived(house: House, job: Job, folder: str):  # type: ignore[no-untyped-def]
    assert house.service.archives.ask(WHO, job.id, folder).status == "waiting"
    until(
        lambda: house.service.archives.get(WHO, job.id).status != "waiting",
        what="the end of archiving",
    )
    return house.service.outputs.find(WHO, job.id, "t.csv")


def test_the_outputs_of_a_job_that_has_ended_are_archived(house: House) -> None:
    job = house.ended(house.shell(WRITE))
    found = archived(house, job, "later/{index}")
    assert (found.path, found.archive) == (str(house.root / "later/0/t.csv"), "later/0/t.csv")
    assert events(house, job.id, "archive_requested") == [{"folder": "later/0"}]
    assert events(house, job.id, "archived") == [{"folder": "later/0"}]
    again = archived(house, job, "elsewhere")
    assert again.archive == "elsewhere/t.csv"
    assert (house.root / "later/0/t.csv").exists(), "what was archived before is the user's"


def test_why_it_failed_later_is_told(house: House) -> None:
    job = house.ended(house.shell(WRITE))
    house.root.joinpath("taken").mkdir()
    house.root.joinpath("taken/s").write_text("a file where a folder is to be")
    found = archived(house, job, "taken")
    told = house.service.archives.get(WHO, job.id)
    assert (told.status, found.archive) == ("failed", None)
    assert events(house, job.id, "archive_failed") == [{"folder": "taken", "reason": told.reason}]


def test_what_can_not_be_archived(house: House) -> None:
    silent = house.ended(house.shell("exit 1"))
    with pytest.raises(Conflict, match="no outputs"):
        house.service.archives.ask(WHO, silent.id, "x")
    running = house.shell("sleep 30")
    with pytest.raises(Conflict, match="is still"):
        house.service.archives.ask(WHO, running, "x")
    house.service.jobs.cancel(WHO, running)
    for bad in ("../x", "tools", "data", ".x"):
        with pytest.raises(InvalidRequest) as caught:
            house.shell("true", archive=bad)
        assert caught.value.field == "options.archive"
        with pytest.raises(InvalidRequest) as caught:
            house.service.archives.ask(WHO, silent.id, bad)
        assert caught.value.field == "folder"


def test_jobs_of_a_batch_need_folders_of_their_own(house: House) -> None:
    target = Target(command=["bash", "-c", WRITE])
    with pytest.raises(InvalidRequest, match="one folder") as caught:
        house.batch(target, [{}, {}], archive="sweep")
    assert caught.value.field == "options.archive"
    batch = house.batch(target, [{}, {}], archive="sweep/{index}")
    until(lambda: all(job.status.final for job in house.jobs(batch)), what="the batch")
    until(lambda: len(house.jobs(batch)) == 2, what="both jobs")
    assert [str(house.ended(job.id).status) for job in house.jobs(batch)] == ["SUCCEEDED"] * 2
    assert sorted(p.name for p in (house.root / "sweep").iterdir()) == ["0", "1"]
