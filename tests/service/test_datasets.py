"""Data sets: versions, who may do what, what is kept on disk, and jobs that read them."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from jobs_ext.model.errors import Conflict, Forbidden, InvalidRequest, NotFound
from jobs_ext.model.project import ProjectRequest
from jobs_ext.model.query import JobQuery
from jobs_ext.model.request import BatchRequest, Options, SubmitRequest, Target
from jobs_ext.service import Principal
from jobs_ext.service.uploads import Draft

OWN = frozenset({"read", "submit", "run"})
ANN, BOB, CAT, EVE = (Principal(name, OWN) for name in ("ann", "bob", "cat", "eve"))
ECHO = Target(command=["cat", "{file}"])


@pytest.fixture
def add(service):
    """Adds to a project of Ann's, which Bob reads and Cat writes."""
    members = {"bob": "reader", "cat": "writer"}
    service.projects.create(ANN, ProjectRequest("flu", members=members))

    def add_(by=ANN, name="t.csv", content=b"a\n1\n", version=None):
        draft = Draft(service.paths)
        try:
            draft.write(content)
            return service.datasets.add(by, "flu", name, "text/csv", draft, version)
        finally:
            draft.drop()

    return add_


@pytest.fixture
def submit_file(service, context):
    def submit_(by, version=UNSET, target=ECHO, **named):
        given = {"project": "flu", "name": "t.csv"} | named
        given |= {} if version is UNSET else {"version": version}
        request = SubmitRequest(target, {"file": {"$dataset": given}}, Options(hold=True), context)
        return service.jobs.submit(by, request)

    return submit_


def parts(service):
    return {path.name for path in service.paths.parts_dir.iterdir()}


def numbers(service, who=BOB):
    return [one.version for one in service.datasets.versions(who, "flu", "t.csv").items]


def test_versions_count_up_and_none_is_used_twice(service, add):
    first, second = add(), add(CAT, content=b"b\n")
    assert (first.version, second.version, second.owner) == (1, 2, "cat")
    assert numbers(service) == [2, 1]
    assert service.datasets.find(BOB, "flu", "t.csv").size == 2
    assert service.datasets.find(BOB, "flu", "t.csv", 1).sha256 == first.sha256
    service.datasets.delete(ANN, "flu", "t.csv", 2)
    assert numbers(service) == [1]
    service.datasets.delete(ANN, "flu", "t.csv")
    with pytest.raises(NotFound):
        numbers(service)
    assert add().version == 3


def test_who_expects_another_version_is_refused(service, add):
    add(version=1)
    with pytest.raises(Conflict, match=r"next version of .* is 2"):
        add(version=1)
    assert add(version=2).version == 2
    assert len(parts(service)) == 1  # both have the same content


def test_roles(service, add):
    add()
    for who in (BOB, EVE):
        with pytest.raises(Forbidden if who is BOB else NotFound):
            add(who)
        with pytest.raises(Forbidden if who is BOB else NotFound):
            service.datasets.delete(who, "flu", "t.csv")
    with pytest.raises(Forbidden, match="no admin"):
        service.datasets.delete(CAT, "flu", "t.csv")
    with pytest.raises(NotFound):
        service.datasets.list(EVE, "flu")
    assert [one.name for one in service.datasets.list(BOB, "flu").items] == ["t.csv"]
    assert len(parts(service)) == 1


def test_pages(service, add):
    for name in ("b", "a", "c", "a"):
        add(name=name)
    page = service.datasets.list(BOB, "flu", limit=2)
    assert [(one.name, one.version) for one in page.items] == [("a", 2), ("b", 1)]
    rest = service.datasets.list(BOB, "flu", limit=2, cursor=page.next)
    assert ([one.name for one in rest.items], rest.next) == (["c"], None)
    page = service.datasets.versions(BOB, "flu", "a", limit=1)
    rest = service.datasets.versions(BOB, "flu", "a", limit=1, cursor=page.next)
    assert [one.version for one in (*page.items, *rest.items)] == [2, 1]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "a\nb", "\ud800", "x" * 256])
def test_names_that_no_file_can_have(service, add, name):
    with pytest.raises(InvalidRequest):
        add(name=name)
    assert parts(service) == set()


def test_content_goes_with_the_last_that_stands_on_it(service, add, submit_file):
    add()
    add(name="copy.csv")
    service.datasets.delete(ANN, "flu", "t.csv")
    assert len(parts(service)) == 1
    service.trash.free_all_parts()
    assert len(parts(service)) == 1
    job = submit_file(ANN, name="copy.csv")
    service.projects.delete(ANN, "flu")
    assert len(parts(service)) == 1
    service.trash.purge_job(ANN, job.id)
    service.trash.step()
    assert parts(service) == set()


def test_a_project_takes_its_data_sets_along(service, add):
    add()
    add(content=b"other")
    service.projects.delete(ANN, "flu")
    assert parts(service) == set()
    service.projects.create(ANN, ProjectRequest("flu"))
    assert service.datasets.list(ANN, "flu").items == []
    assert add().version == 3


def test_a_job_keeps_the_version_it_was_given(service, add, submit_file):
    add()
    add(content=b"b\n")
    newest, first = submit_file(BOB), submit_file(BOB, 1)
    texts = [job.arguments["file"]["text"] for job in (newest, first)]
    assert texts == ["flu/t.csv@2", "flu/t.csv@1"]
    service.datasets.delete(ANN, "flu", "t.csv")
    assert len(parts(service)) == 2
    with pytest.raises(InvalidRequest, match="no data set") as refused:
        submit_file(BOB)
    assert refused.value.field == "arguments.file"
    assert service.jobs.cancel(BOB, newest.id).status == "CANCELLED"
    again = service.jobs.rerun(BOB, newest.id, options={"hold": True})
    assert again.arguments == newest.arguments


def test_jobs_of_a_batch_share_what_it_names(service, add, context):
    add()
    add(name="u.csv", content=b"b\n")
    sets = [{"file": {"$dataset": {"project": "flu", "name": name}}} for name in ("t.csv", "u.csv")]
    request = BatchRequest(ECHO, sets, options=Options(hold=True), context=context)
    batch = service.batches.submit(CAT, request)
    service.datasets.delete(ANN, "flu", "t.csv")
    service.queue.materialize(10)
    jobs = service.batches.jobs(CAT, batch.id, JobQuery()).items
    assert [one.arguments["file"]["text"] for one in jobs] == ["flu/t.csv@1", "flu/u.csv@1"]
    assert len(parts(service)) == 2


BAD = [
    {"project": "flu"},
    {"project": "flu", "name": "t.csv", "version": 0},
    {"project": "flu", "name": "t.csv", "version": True},
    {"project": "flu", "name": "t.csv", "version": 2**64},
    {"project": "flu", "name": 7},
    {"project": "flu", "name": "t.csv", "colour": "red"},
    {"project": "flu", "name": "no.csv"},
    {"project": "flu\0", "name": "t.csv"},
    {"project": "flu", "name": "\ud800"},
    {"project": "flu", "name": "t.csv", "version": 9},
    "t.csv",
]


@pytest.mark.parametrize("given", BAD)
def test_what_names_no_data_set_is_refused_by_its_field(service, add, context, given):
    add()
    for argument in ({"$dataset": given}, [{"deep": {"$dataset": given}}]):
        request = SubmitRequest(ECHO, {"file": argument}, context=context)
        with pytest.raises(InvalidRequest) as refused:
            service.jobs.submit(ANN, request)
        assert refused.value.field.startswith("arguments.file")


def test_others_do_not_learn_of_it_by_submitting(add, submit_file):
    add()
    with pytest.raises(InvalidRequest, match="no project"):
        submit_file(EVE)
