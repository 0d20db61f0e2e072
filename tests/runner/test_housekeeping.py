"""The runner empties the trash, whoever asked for it, and whatever the job left."""

from __future__ import annotations

from jobs_ext.model.errors import NotFound
from jobs_ext.model.status import Status
from tests.runner.house import WHO
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
