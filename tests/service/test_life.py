"""What becomes of a job once it is submitted: keys, holds, needs, cancel, delete, rerun, owners."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from jobs_ext.model.errors import Conflict, Forbidden, InvalidRequest, NotFound
from jobs_ext.model.grant import GrantRequest
from jobs_ext.model.request import Context, JobChange, SubmitRequest, Target
from jobs_ext.model.status import Status
from jobs_ext.service import JobQuery, Principal, Upload
from tests.service.runs import claim, ended, found, run, started

ECHO = Target(command=["echo", "{k}"])


def refused(submit, *args, **kwargs):
    with pytest.raises(InvalidRequest) as caught:
        submit(*args, **kwargs)
    return caught.value


def test_a_released_job_goes_on_at_once_whatever_else_waits(submit, service, who):
    first = submit(hold=True)
    submit(after=[first.id])
    held = submit(hold=True)
    for job in (held, first):
        assert service.jobs.release(who, job.id).status is Status.RUNNABLE


def test_a_key_gives_its_job_also_when_the_input_has_gone(submit, tool, tmp_path):
    first = submit(tool, {"text": "data.txt"}, key="once")
    (tmp_path / "data.txt").unlink()
    assert submit(tool, {"text": "data.txt"}, key="once").id == first.id


def test_a_refused_submit_leaves_no_part_behind(submit, service, tool):
    parts = {"text": Upload("a.txt", "text/plain", b"x")}
    submit(arguments={"k": "a"}, key="once")
    with pytest.raises(Conflict):
        submit(tool, parts=parts, key="once")
    refused(submit, tool, {"depth": 0}, parts)
    assert list(service.paths.parts_dir.iterdir()) == []
    submit(tool, parts=parts)
    assert len(list(service.paths.parts_dir.iterdir())) == 1


def test_the_same_key_and_request_give_the_same_job(submit, service, who):
    first = submit(arguments={"k": "a"}, key="once")
    assert submit(arguments={"k": "a"}, key="once").id == first.id
    with pytest.raises(Conflict) as caught:
        submit(arguments={"k": "b"}, key="once")
    assert caught.value.field == "options.key"
    assert first.id in caught.value.hint
    eve = Principal("eve", frozenset({"run", "read"}))
    assert submit(arguments={"k": "b"}, key="once", by=eve).id != first.id
    assert len(service.jobs.list(who, JobQuery()).items) == 2


def test_a_held_job_waits_for_its_release(submit, service, who):
    job = submit(hold=True)
    assert (job.status, job.reason_code) == (Status.PENDING, "held")
    assert claim(service) == []
    assert service.jobs.release(who, job.id).status is Status.RUNNABLE
    with pytest.raises(Conflict):
        service.jobs.release(who, job.id)


def test_a_job_waits_for_those_it_needs(submit, service, who):
    first, second = submit(name="one"), submit(name="two")
    job = submit(after=[first.id, second.id])
    assert (job.status, job.reason_code) == (Status.PENDING, "waiting_jobs")
    assert job.reason == "waits for 2 jobs: one, two"
    run(service, first.id)
    assert service.queue.promote() == 0
    service.queue.apply([started(second.id), ended(second.id)])
    assert service.queue.promote() == 1
    assert service.jobs.get(who, job.id).status is Status.RUNNABLE


def test_a_job_whose_need_failed_is_cancelled_and_so_are_its_own(submit, service, who):
    first = submit(name="one")
    second = submit(after=[first.id], name="two")
    third = submit(after=[second.id])
    run(service, first.id, Status.FAILED)
    while service.queue.promote():
        pass
    for job in (second, third):
        after = service.jobs.get(who, job.id)
        assert (after.status, after.reason_code) == (Status.CANCELLED, "dependency_failed")
    assert "two" in after.reason


def test_an_output_of_another_job_is_waited_for_and_found(submit, service, tool, tmp_path):
    first = submit()
    reference = {"$output": {"job": first.id, "name": "t.txt"}}
    second = submit(tool, {"text": reference})
    assert second.reason_code == "waiting_jobs"
    claim(service)
    output = found("t.txt", tmp_path / "data.txt")
    service.queue.apply([started(first.id), ended(first.id, outputs=[output])])
    service.queue.promote()
    (work,) = claim(service)
    assert work.arguments["text"] == reference
    assert work.outputs_of == {f"{first.id}/t.txt": str(tmp_path / "data.txt")}


def test_cancelling_a_waiting_job_ends_it_and_again_changes_nothing(submit, service, who):
    job = submit()
    assert service.jobs.cancel(who, job.id).status is Status.CANCELLED
    head = service.events.head()
    assert service.jobs.cancel(who, job.id).reason == "cancelled by the user"
    assert service.events.head() == head


def test_cancelling_a_running_job_is_a_request_to_the_runner(submit, service, who):
    job = submit()
    claim(service)
    service.queue.apply([started(job.id)])
    assert service.jobs.cancel(who, job.id).status is Status.RUNNING
    assert service.jobs.cancel(who, job.id).cancel_requested
    assert service.queue.glance().cancels == [(job.id, 1)]
    service.queue.apply([ended(job.id, Status.CANCELLED, reason_code="cancelled")])
    assert service.queue.glance().cancels == []
    types = [event.type for event in service.jobs.history(who, job.id)]
    assert types.count("cancel_requested") == 1


def test_a_deleted_job_is_cancelled_and_hidden(submit, service, who):
    job = submit()
    claim(service)
    service.jobs.delete(who, job.id)
    with pytest.raises(NotFound, match="deleted"):
        service.jobs.get(who, job.id)
    assert service.jobs.list(who, JobQuery()).items == []
    (hidden,) = service.jobs.list(who, JobQuery(deleted=True)).items
    assert hidden.deleted
    assert service.queue.glance().cancels == [(job.id, 1)]
    with pytest.raises(NotFound):
        service.jobs.delete(who, job.id)


def test_a_rerun_is_a_new_job_with_changes(submit, service, who):
    job = submit(arguments={"k": "a"}, key="once", name="mine", retries=1)
    with pytest.raises(Conflict):
        service.jobs.rerun(who, job.id)
    run(service, job.id)
    again = service.jobs.rerun(who, job.id, {"k": "b"}, {"cpu": 2})
    assert again.id != job.id
    assert again.arguments == {"k": "b"}
    assert again.options == {"name": "mine", "retries": 1, "cpu": 2.0}
    with pytest.raises(InvalidRequest) as caught:
        service.jobs.rerun(who, job.id, options={"cpus": 2})
    assert caught.value.field == "options.cpus"


def test_a_rerun_takes_the_environment_of_who_repeats_it(service, who, tmp_path):
    def context(value):
        return Context(cwd=str(tmp_path), environment={"PATH": os.environ["PATH"], "V": value})

    job = service.jobs.submit(who, SubmitRequest(ECHO, context=context("old")))
    run(service, job.id)
    service.jobs.rerun(who, job.id)
    service.jobs.rerun(who, job.id, context=context("new"))
    assert [work.context.environment["V"] for work in claim(service)] == ["old", "new"]


def test_a_rerun_works_after_its_tool_is_gone(submit, service, who, tool, tmp_path):
    job = submit(tool, {"text": "data.txt"})
    run(service, job.id)
    (tmp_path / "tools" / "count.toml").unlink()
    assert service.jobs.rerun(who, job.id).target.name == "count-1.0"


def test_what_others_own_is_not_found(submit, service):
    job = submit()
    eve = Principal("eve", frozenset({"read", "submit", "run"}))
    for verb in ("get", "history", "cancel", "delete", "release", "rerun"):
        with pytest.raises(NotFound):
            getattr(service.jobs, verb)(eve, job.id)
    assert service.jobs.list(eve, JobQuery()).items == []
    assert refused(submit, by=eve, after=[job.id]).field == "options.after[0]"


@pytest.mark.parametrize("verb", ["get", "history", "cancel", "delete", "release", "rerun"])
def test_without_a_verb_nothing_is_done(submit, service, verb):
    job = submit()
    with pytest.raises(Forbidden):
        getattr(service.jobs, verb)(Principal("ada", frozenset()), job.id)


def test_a_command_takes_more_than_the_right_to_use_tools(submit, service, tool):
    eve = Principal("eve", frozenset({"submit"}))
    submit(tool, {"text": "data.txt"}, by=eve)
    with pytest.raises(Forbidden, match="run"):
        submit(by=eve)


@pytest.mark.parametrize("bad", ["", "1", "../x", "019a8f2e-5b1c-7d3e-8f4a-5b6c7d8e9f01"])
def test_an_id_that_nobody_has_is_not_found(service, who, bad):
    with pytest.raises(NotFound) as caught:
        service.jobs.get(who, bad)
    assert (caught.value.field, caught.value.value) == ("id", bad)


def test_a_job_as_code_tells_its_variables_to_its_owner_alone(submit, service, who):
    job = submit(arguments={"k": 1}, env={"SECRET": "x"}, retries=2)
    assert "env={'SECRET': 'x'}" in service.jobs.code(who, job.id)
    service.grants.put(who, job.id, "bob", GrantRequest())
    told = service.jobs.code(Principal("bob", frozenset({"read"})), job.id)
    assert told.endswith("job = jx.options(retries=2).submit(['echo', '{k}'], k=1)")


def test_a_failed_job_is_reset(submit, service, who):
    job = submit(retries=0)
    dependent = submit(after=[job.id])
    with pytest.raises(Conflict, match="only one that FAILED can be reset"):
        service.jobs.reset(who, job.id)
    run(service, job.id, Status.FAILED)
    service.queue.promote()
    again = service.jobs.reset(who, job.id)
    assert (again.status, again.stopped) == (Status.RUNNABLE, None)
    assert again.reason == "waiting for a free slot: it is next"
    (work,) = claim(service)
    assert (work.id, work.attempt) == (job.id, 2)
    service.queue.apply([started(job.id, 2), ended(job.id, attempt=2)])
    done = service.jobs.get(who, job.id)
    assert (done.status, done.reason_code) == (Status.SUCCEEDED, None)
    assert [attempt.status for attempt in done.attempts] == [Status.FAILED, Status.SUCCEEDED]
    history = [event.data for event in service.jobs.history(who, job.id)]
    assert {"from": "FAILED", "status": "RUNNABLE"} in history
    assert service.jobs.get(who, dependent.id).status is Status.CANCELLED


def test_without_a_name_it_is_the_only_main_output(submit, service, who, tmp_path):
    jobs = [submit(), submit()]
    references = [{"$output": {"job": job.id}} for job in jobs]
    second = submit(arguments={"k": references})
    main = msgspec.structs.replace(found("r.json", tmp_path / "r.json"), main=True)
    other = msgspec.structs.replace(found("s.json", tmp_path / "s.json"), main=True)
    claim(service)
    service.queue.apply(
        [started(job.id) for job in jobs]
        + [ended(jobs[0].id, outputs=[main]), ended(jobs[1].id, outputs=[main, other])]
    )
    service.queue.promote()
    (work,) = claim(service)
    assert work.id == second.id
    assert work.outputs_of == {f"{jobs[0].id}/": str(tmp_path / "r.json")}
    with pytest.raises(InvalidRequest, match="without one output to stand for it"):
        submit(arguments={"k": references[1]})


def test_the_value_of_somebody_elses_job_is_not_loaded(submit, service, who):
    job = submit()
    service.grants.put(who, job.id, "bob", GrantRequest())
    bob = Principal("bob", frozenset({"read", "submit", "run"}))
    with pytest.raises(InvalidRequest, match="is not yours") as refused:
        submit(arguments={"k": {"$output": {"job": job.id}}}, by=bob)
    assert refused.value.field == "arguments.k"


def test_what_only_a_failed_attempt_wrote_is_not_handed_on(submit, service, who, tmp_path):
    job = submit()
    reference = {"$output": {"job": job.id, "name": "t.csv"}}
    claim(service)
    written = [found("t.csv", tmp_path / "t.csv")]
    service.queue.apply([started(job.id), ended(job.id, Status.FAILED, outputs=written)])
    service.jobs.reset(who, job.id)
    dependent = submit(arguments={"k": reference})
    claim(service)
    service.queue.apply([started(job.id, 2), ended(job.id, attempt=2)])
    service.queue.promote()
    (work,) = claim(service)
    assert (work.id, work.outputs_of) == (dependent.id, {})


def test_a_key_may_be_used_again_once_its_job_is_deleted(submit, service, who):
    first = submit(arguments={"k": "a"}, key="once")
    service.jobs.delete(who, first.id)
    second = submit(arguments={"k": "b"}, key="once")
    assert second.id != first.id
    assert submit(arguments={"k": "b"}, key="once").id == second.id


def test_one_key_given_twice_at_once_makes_one_job(submit):
    with ThreadPoolExecutor(8) as threads:
        jobs = list(threads.map(lambda _: submit(arguments={"k": "a"}, key="once"), range(8)))
    assert len({job.id for job in jobs}) == 1


def test_a_rerun_with_a_key_is_made_once(submit, service, who):
    first, second = submit(arguments={"k": "a"}), submit(arguments={"k": "a"})
    for job in (first, second):
        run(service, job.id, Status.FAILED)
    again = service.jobs.rerun(who, first.id, {"k": "b"}, {"cpu": 2, "key": "again"})
    assert service.jobs.rerun(who, first.id, {"k": "b"}, {"cpu": 2, "key": "again"}).id == again.id
    assert (again.arguments, again.options["cpu"]) == ({"k": "b"}, 2)
    for job, changes in ((first, {"k": "c"}), (second, {"k": "b"})):
        with pytest.raises(Conflict) as caught:
            service.jobs.rerun(who, job.id, changes, {"cpu": 2, "key": "again"})
        assert caught.value.field == "options.key"


def test_the_priority_of_a_waiting_job_is_changed(submit, service, who):
    old, new = submit(), submit()
    changed = service.jobs.change(who, new.id, JobChange(priority=5))
    assert changed.options["priority"] == 5
    with pytest.raises(InvalidRequest) as caught:
        service.jobs.change(who, new.id, JobChange(priority=10**7))
    assert caught.value.field == "priority"
    assert [work.id for work in claim(service)] == [new.id, old.id]
    with pytest.raises(Conflict, match="only one that waits can be changed"):
        service.jobs.change(who, new.id, JobChange(priority=1))
    assert service.jobs.history(who, new.id)[2].data == {"priority": 5}


def test_a_waiting_job_is_held(submit, service, who):
    job = submit()
    held = service.jobs.change(who, job.id, JobChange(hold=True))
    assert (held.status, held.reason_code) == (Status.PENDING, "held")
    assert claim(service) == []
    assert service.jobs.change(who, job.id, JobChange(hold=False)).status is Status.RUNNABLE
