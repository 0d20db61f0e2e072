"""Where jobs come from: what is told at submit is kept, found again and told to readers."""

from __future__ import annotations

import hashlib
import sys

import msgspec
import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.provenance import InputFile, Origin
from jobs_ext.model.request import BatchRequest, Context, Options, SubmitRequest, Target
from jobs_ext.service import JobQuery, Upload
from jobs_ext.service.decode import convert_request

COMMIT = "0123456789abcdef" * 2 + "01234567"


def told(context, **origin):
    changes = {"python": sys.executable, "version": "3.11.7", "packages": ["numpy 2.1.0"]}
    return msgspec.structs.replace(context, origin=Origin(**origin), **changes)


def test_a_job_tells_where_it_came_from(service, who, context, tmp_path):
    here = told(
        context, notebook=str(tmp_path / "a/b.ipynb"), cell="c0ffee", commit=COMMIT, dirty=True
    )
    more = tmp_path / "more.txt"
    more.write_text("more")
    script = tmp_path / "s.py"
    script.write_text("")
    options = Options(cwd="private", inputs=[str(more)])
    request = SubmitRequest(Target(script=str(script)), options=options, context=here)
    job = service.jobs.submit(who, request)
    found = service.jobs.provenance(who, job.id)
    assert job.notebook == found.notebook == "a/b.ipynb"
    for path, jobs in {str(tmp_path / "a/b.ipynb"): 1, "a/b.ipynb": 1, "b.ipynb": 0}.items():
        assert len(service.jobs.list(who, JobQuery(notebook=path)).items) == jobs
    assert (found.cell, found.commit, found.dirty) == ("c0ffee", COMMIT, True)
    assert (found.python, found.version) == (sys.executable, "3.11.7")
    assert found.packages == ["numpy 2.1.0"]
    assert found.inputs == [InputFile(str(more), hashlib.sha256(b"more").hexdigest(), 4)]


def test_uploads_are_told_by_their_arguments_and_packages_of_another_python_are_not(
    service, who, context, tool
):
    request = SubmitRequest(
        Target(command=["cat", "{text}"]),
        {"text": {"$part": "t"}},
        context=told(context),
        options=Options(cwd="private"),
    )
    uploads = {"t": Upload("t.txt", "text/plain", b"abc")}
    found = service.jobs.provenance(who, service.jobs.submit(who, request, uploads).id)
    assert found.inputs == [InputFile("text", hashlib.sha256(b"abc").hexdigest())]
    tool = SubmitRequest(
        Target(tool="wc"),
        {"text": {"$part": "t"}},
        context=msgspec.structs.replace(told(context), python="/bin/sh"),
    )
    other = service.jobs.provenance(who, service.jobs.submit(who, tool, uploads).id)
    assert (other.python, other.version, other.packages) == (sys.executable, None, None)


def test_the_jobs_of_a_notebook_are_found(service, who, context, tmp_path):
    here = told(context, notebook=str(tmp_path / "it's.ipynb"))
    sets = [{"k": "1"}, {"k": "2"}]
    target = Target(command=["echo", "{k}"])
    service.batches.submit(who, BatchRequest(target, sets, context=here))
    service.jobs.submit(who, SubmitRequest(target, sets[0], context=context))
    service.queue.materialize()
    found = service.jobs.list(who, JobQuery(filter='notebook = "it\'s.ipynb"')).items
    assert [job.batch_index for job in found] == [1, 0]
    found = service.jobs.list(who, JobQuery(filter="notebook is null")).items
    assert [job.batch for job in found] == [None]


def test_a_notebook_elsewhere_keeps_its_path(service, who, context):
    request = SubmitRequest(
        Target(command=["true"]), context=told(context, notebook="/elsewhere/n.ipynb")
    )
    assert service.jobs.submit(who, request).notebook == "/elsewhere/n.ipynb"


def test_an_old_request_tells_nothing(service, who, submit):
    found = service.jobs.provenance(who, submit().id)
    assert (found.notebook, found.cell, found.commit, found.dirty) == (None, None, None, None)
    assert found.packages is None


@pytest.mark.parametrize(
    ("origin", "field"),
    [
        ({"notebook": ""}, "context.origin.notebook"),
        ({"notebook": "n" * 5000}, "context.origin.notebook"),
        ({"notebook": 1}, "context.origin.notebook"),
        ({"cell": "c" * 201}, "context.origin.cell"),
        ({"commit": "HEAD"}, "context.origin.commit"),
        ({"dirty": "yes"}, "context.origin.dirty"),
        ({"other": 1}, "context.origin.other"),
    ],
)
def test_what_is_no_origin_is_refused(origin, field):
    body = {"target": {"command": ["true"]}, "context": {"origin": origin}}
    with pytest.raises(InvalidRequest) as caught:
        convert_request(body, SubmitRequest)
    assert caught.value.field == field


def test_a_notebook_with_a_zero_byte_is_refused(service, who, context):
    request = SubmitRequest(Target(command=["true"]), context=told(context, notebook="a\0b"))
    with pytest.raises(InvalidRequest, match="zero byte"):
        service.jobs.submit(who, request)


def test_packages_have_a_limit():
    with pytest.raises(InvalidRequest):
        convert_request({"packages": ["p 1"] * 10_001}, Context)
