from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs_ext.model.errors import Conflict, InvalidRequest, TooMany
from jobs_ext.model.request import Options, SubmitRequest, Target
from jobs_ext.service import Principal, Upload
from jobs_ext.service.together import Asked


def asked(context, *argv, **options):
    return Asked(SubmitRequest(Target(command=[*argv]), {}, Options(**options), context))


def test_all_are_accepted_with_what_is_noted_of_them(service, who, context, tool):
    file = {"text": Upload("a.txt", "text/plain", b"x\n")}
    counted = Asked(SubmitRequest(tool, {}, Options(), context), file)
    echoed = asked(context, "echo")
    jobs = service.together.submit(
        who, [counted, echoed, counted], "d", lambda ids: {"k": {"all": [*ids]}}
    )
    assert [job.target.kind for job in jobs] == ["tool", "command", "tool"]
    assert jobs[0].arguments["text"]["filename"] == "a.txt"
    kept = service.documents.get(who, "d", "k", "all")
    assert kept.body == [job.id for job in jobs]
    assert len(list(service.paths.parts_dir.iterdir())) == 1


@pytest.mark.parametrize("wrong", [("no-such-program",), ()])
def test_of_one_that_is_wrong_nothing_is_left(service, who, context, wrong):
    with pytest.raises(InvalidRequest):
        service.together.submit(
            who, [asked(context, "echo"), asked(context, *wrong)], "d", lambda ids: {"k": {"x": 1}}
        )
    assert sum(service.jobs.counts(who).values()) == 0
    assert service.documents.list(who, "d", "k") == []


def test_a_note_that_can_not_be_kept_leaves_no_job(service, context, tool):
    who, other = (Principal(name, frozenset({"read", "submit"})) for name in ("ann", "bob"))
    service.documents.put(other, "d", "k", "x", 1)
    file = {"text": Upload("a.txt", "text/plain", b"x\n")}
    counted = Asked(SubmitRequest(tool, {}, Options(), context), file)
    with pytest.raises(Conflict):
        service.together.submit(who, [counted], "d", lambda ids: {"k": {"x": ids}})
    assert sum(service.jobs.counts(who).values()) == 0
    assert list(service.paths.parts_dir.iterdir()) == []


def test_no_more_than_so_many_at_once_whoever_is_quicker(service, who, context):
    def submit(_):
        try:
            return service.together.submit(who, two, "d", lambda ids: {}, most=7)
        except TooMany as error:
            return error

    two = [asked(context, "sleep", "60")] * 2
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(submit, range(12)))
    accepted = [one for one in found if isinstance(one, list)]
    assert len(accepted) == 3
    assert {one.value for one in found if isinstance(one, TooMany)} == {6}
    assert service.together.unfinished(who, "d") == sum(service.jobs.counts(who).values()) == 6
    service.jobs.cancel(who, accepted[0][0].id)
    assert service.together.unfinished(who, "d") == 5
    assert submit(None) not in found


def test_what_is_noted_goes_with_the_last_of_the_jobs(service, who, context):
    one, other = service.together.submit(
        who, [asked(context, "echo")] * 2, "d", lambda ids: {"k": {"all": [*ids], "b": 1}}
    )
    service.documents.put(who, "d", "k", "stays", 1)
    for job, left in ((one, ["all", "b", "stays"]), (other, ["stays"])):
        service.jobs.cancel(who, job.id)
        service.jobs.delete(who, job.id)
        service.trash.purge_job(who, job.id)
        while service.trash.step():
            pass
        assert [kept.key for kept in service.documents.list(who, "d", "k")] == left
