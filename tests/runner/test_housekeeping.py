"""The runner empties the trash, whoever asked for it, and whatever the job left."""

from __future__ import annotations

from jobs_ext.model.errors import NotFound
from jobs_ext.model.request import SubmitRequest, Target
from jobs_ext.model.retention import Retention
from jobs_ext.model.status import Status
from jobs_ext.runner.housekeeping import Housekeeper
from jobs_ext.service import JobQuery
from tests.runner.house import WHO
from tests.service.runs import run
from tests.waiting import until


def gone(house, *jobs):
    def is_gone():
        for job in jobs:
            try:
                house.service.trash.purge_job(WHO, job)
            except NotFound:
                continue
            return False
        return True

    until(is_gone, what="the jobs to be purged")


def left(house):
    below = [path for path in house.paths.jobs.glob("*/*") if path.parent != house.paths.spare]
    return below + list(house.paths.trash.iterdir())


def test_the_disk_is_freed(house):
    shut = "mkdir $JOBS_OUTPUT_DIR/a; touch $JOBS_OUTPUT_DIR/a/b; chmod 0 $JOBS_OUTPUT_DIR/a"
    jobs = [house.shell(shut), house.shell("echo hi"), house.shell("sleep 100", cwd="private")]
    for job in jobs[:2]:
        house.ended(job)
    house.reached(jobs[2], Status.RUNNING)
    gone(house, *jobs)
    until(lambda: not left(house), what="an empty folder of jobs")


def test_a_runner_that_is_killed_leaves_the_rest_to_the_next(house):
    jobs = [house.shell(f"echo {n} > $JOBS_OUTPUT_DIR/t") for n in range(5)]
    for job in jobs:
        house.ended(job)
    house.kill_runner()
    for job in jobs:
        house.service.trash.purge_job(WHO, job)
    (house.paths.parts_dir / ("0" * 64)).write_text("of a request that has gone")
    house.start(linger=0)
    gone(house, *jobs)
    until(lambda: not left(house), what="an empty folder of jobs")
    assert list(house.paths.parts_dir.iterdir()) == []


def test_what_was_kept_long_enough_goes(open_service, who, context):
    service = open_service(retention=Retention({"SUCCEEDED": 0.001}, keep_deleted=0.001))
    request = SubmitRequest(Target(command=["true"]), context=context)
    job = service.jobs.submit(who, request).id
    run(service, job)
    keeper = Housekeeper(service.trash, service.keeping, service.archives, lambda: None)

    def gone():
        keeper.turn()
        shown = [service.jobs.list(who, JobQuery(deleted=hidden)).items for hidden in (True, False)]
        return shown == [[], []]

    try:
        until(gone, what="the job to be purged")
    finally:
        keeper.close()
