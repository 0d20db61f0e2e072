"""What of the files of a request is kept at submit."""

from __future__ import annotations

import hashlib

from jobs_ext.model.request import BatchRequest, Options
from jobs_ext.model.status import Status
from jobs_ext.model.work import Fingerprint
from tests.service.runs import claim, ended, run, started


def inputs(service):
    return [work.inputs for work in claim(service)]


def test_a_tools_inputs_and_those_of_an_option_are_known_again(submit, service, tool, tmp_path):
    more = tmp_path / "more.txt"
    more.write_text("more")
    submit(tool, {"text": "data.txt"}, inputs=[str(more)])
    status = more.stat()
    (found,) = inputs(service)
    assert set(found) == {str(tmp_path / "data.txt"), str(more)}
    digest = hashlib.sha256(b"more").hexdigest()
    assert found[str(more)] == Fingerprint(4, status.st_mtime_ns, digest)


def test_what_is_too_large_is_not_read(open_service, who, context, tool, tmp_path):
    service = open_service(hashed_inputs=6)
    (tmp_path / "b.txt").write_text("1234")
    sets = [{"text": "data.txt"}, {"text": "b.txt"}, {"text": "data.txt"}]
    service.batches.submit(who, BatchRequest(tool, sets, {}, Options(), context))
    service.queue.materialize()
    first, second, _ = inputs(service)
    assert first == second
    hashed = {path.rsplit("/", 1)[1]: found.sha256 is not None for path, found in first.items()}
    assert hashed == {"data.txt": True, "b.txt": False}


def test_a_job_that_comes_after_others_takes_what_they_left(submit, service, tool):
    first = submit()
    submit(tool, {"text": "data.txt"}, after=[first.id])
    run(service, first.id)
    service.queue.promote()
    assert inputs(service) == [{}]


def test_an_attempt_after_the_first_takes_what_is_there(submit, service, who, tool):
    job = submit(tool, {"text": "data.txt"}).id
    (work,) = claim(service)
    assert work.inputs
    service.queue.apply([started(job), ended(job, Status.FAILED)])
    service.jobs.reset(who, job)
    assert inputs(service) == [{}]
