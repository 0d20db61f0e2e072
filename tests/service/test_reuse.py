"""`cache="reuse"`: equal jobs take over results, others run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.job import Output
from jobs_ext.model.policy import Policy
from jobs_ext.model.request import BatchRequest, Options, SubmitRequest, Target
from jobs_ext.model.status import Status
from jobs_ext.service import JobQuery, Principal, Upload
from tests.service.runs import claim, found, run

ECHO = Target(command=["echo", "{k}"])
EVE = Principal("eve", frozenset({"read", "submit", "run"}))


@pytest.fixture
def again(submit):
    """Submit a job that takes over what it can."""
    return lambda target=ECHO, arguments=None, **more: submit(
        target, {"k": 1} if arguments is None else arguments, cache="reuse", **more
    )


def succeed(service, job, text="value"):
    """Let a job end well, with an output and a log."""
    claim(service)
    at = service.paths.attempt(job.id, 1)
    at.outputs.mkdir(parents=True)
    (at.outputs / "a.txt").write_text(text)
    at.stdout.write_text("said")
    file = found("a.txt", at.outputs / "a.txt")
    file = type(file)(**{n: getattr(file, n) for n in file.__struct_fields__} | {"size": len(text)})
    run(service, job.id, outputs=[file])
    return job


def is_taken(job):
    return (job.status, job.reason_code) == ("SUCCEEDED", "reused")


def test_an_equal_job_takes_over_outputs_and_log(service, again, who):
    old = succeed(service, again())
    new = again()
    assert is_taken(new)
    assert new.id != old.id
    assert old.id in new.reason
    (output,) = new.outputs
    assert isinstance(output, Output)
    assert Path(output.path).read_text() == "value"
    assert service.logs.read(who, new.id).text == "said"
    history = [event.data.get("status") for event in service.jobs.history(who, new.id)]
    assert history == [None, "SUCCEEDED"]
    service.jobs.delete(who, old.id)
    service.trash.purge_job(who, old.id)
    service.trash.step()
    assert Path(service.outputs.find(who, new.id, "a.txt").path).read_text() == "value"
    assert is_taken(again())  # from the one that is left


def test_what_differs_runs(service, again, submit, who, tmp_path):
    succeed(service, again())
    different = [
        again(arguments={"k": 2}),
        again(Target(command=["echo", "-n", "{k}"])),
        again(env={"A": "1"}),
        again(cwd="private"),
        again(outputs=["*.csv"]),
        again(after_ended=[again(name="x").id]),
        again(hold=True),
        submit(ECHO, {"k": 1}),
        again(by=EVE),
    ]
    assert [job.status.final for job in different] == [False] * len(different)
    assert is_taken(again(name="other", priority=3, timeout=60))


def test_only_what_succeeded_and_is_there_is_taken(service, again, who):
    failed = again()
    run(service, failed.id, Status.FAILED)
    old = again()
    assert not old.status.final
    succeed(service, old)
    service.jobs.delete(who, old.id)
    assert not again().status.final
    service.trash.reinstate_job(who, old.id)
    Path(service.outputs.find(who, old.id, "a.txt").path).write_text("another size")
    assert not again().status.final


def test_an_edited_input_or_script_is_another_job(service, again, tool, tmp_path):
    script = tmp_path / "s.py"
    script.write_text("print(1)")
    cases = [
        (tool, {"text": "data.txt"}, tmp_path / "data.txt"),
        (Target(script=str(script)), {}, script),
    ]
    for target, arguments, file in cases:
        succeed(service, again(target, arguments))
        assert is_taken(again(target, arguments))
        file.write_text("c\n")
        assert not again(target, arguments).status.final
    listed = succeed(service, again(cwd="private", inputs=["data.txt"]))
    assert is_taken(again(cwd="private", inputs=["data.txt"]))
    (tmp_path / "data.txt").write_text("d\n")
    assert not again(cwd="private", inputs=["data.txt"]).status.final
    assert listed.status == "RUNNABLE"


def test_uploads_are_compared_by_content(service, again, tool):
    def sent(text):
        return again(tool, {}, parts={"text": Upload("a.txt", "text/plain", text)})

    succeed(service, sent(b"one"))
    assert is_taken(sent(b"one"))
    assert not sent(b"two").status.final


def test_a_function_is_its_code_however_it_is_pickled(service, again):
    def sent(pickled, code):
        target = Target(function="f", qualname="f", code=code)
        return again(target, {}, parts={"f": Upload("f", "application/octet-stream", pickled)})

    succeed(service, sent(b"one way", "abc"))
    assert is_taken(sent(b"another", "abc"))
    assert not sent(b"one way", "def").status.final


def test_a_batch_runs_only_what_is_new(service, who, context):
    def batch(*values):
        sets = [{"k": value} for value in values]
        request = BatchRequest(ECHO, sets, {}, Options(cache="reuse"), context)
        made = service.batches.submit(who, request).id
        service.queue.materialize()
        return made, service.batches.jobs(who, made, JobQuery()).items

    for job in batch(1, 2)[1]:
        succeed(service, job)
    made, jobs = batch(2, 3, 1)
    assert [is_taken(job) for job in jobs] == [True, False, True]
    assert service.batches.get(who, made).counts["SUCCEEDED"] == 2
    assert [len(job.outputs) for job in jobs] == [1, 0, 1]


def test_a_rerun_runs(service, again, who):
    succeed(service, again())
    taken = again()
    assert not service.jobs.rerun(who, taken.id).status.final


def test_who_has_enough_jobs_may_still_take_over(open_service, context, who):
    service = open_service(policy=Policy(max_unfinished=1))
    request = SubmitRequest(ECHO, {"k": 1}, Options(cache="reuse"), context)
    succeed(service, service.jobs.submit(who, request))
    service.jobs.submit(who, SubmitRequest(ECHO, {"k": 2}, Options(), context))
    assert is_taken(service.jobs.submit(who, request))


def test_a_wrong_word_is_refused(submit):
    with pytest.raises(InvalidRequest, match="cache can't be 'on'"):
        submit(cache="on")


def test_a_job_with_mounts_is_never_compared(service, again, tmp_path):
    mounts = {"data": str(tmp_path)}
    succeed(service, again(cwd="private", mounts=mounts))
    assert not is_taken(again(cwd="private", mounts=mounts))


def test_a_script_that_is_no_file_any_more_is_left_to_the_start(service, who, context, tmp_path):
    script = tmp_path / "s.py"
    script.write_text("print(1)")
    request = BatchRequest(Target(script=str(script)), [{}], {}, Options(cache="reuse"), context)
    made = service.batches.submit(who, request).id
    script.unlink()
    os.mkfifo(script)
    assert service.queue.materialize() == 1
    assert service.batches.get(who, made).counts["RUNNABLE"] == 1


def test_what_was_beside_a_folder_that_is_another_jobs_is_taken_over(service, again, who):
    old = again()
    claim(service)
    at = service.paths.attempt(old.id, 1)
    at.folder.mkdir(parents=True)
    at.stdout.touch()  # empty: whoever gets the folder writes there
    at.values[0].write_text("value")
    file = replace(found("result.json", at.values[0]), size=5)
    run(service, old.id, outputs=[file], logs={"stdout": "", "stderr": ""})
    new = again()
    assert is_taken(new)
    at.stdout.write_text("another's")
    assert service.logs.read(who, new.id).text == ""
    service.jobs.delete(who, old.id)
    service.trash.purge_job(who, old.id)
    service.trash.step()
    assert Path(service.outputs.find(who, new.id, "result.json").path).read_text() == "value"
